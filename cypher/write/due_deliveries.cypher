// name: due_deliveries
// access: control
// summary: of each person the first that waits to leave, if it is due: those tried least first
// params: channel: str, now: datetime, limit: int
// returns: id
// example: channel="email", now=$now, limit=50
MATCH (d:Delivery {channel: $channel, dead: false})
WITH d ORDER BY d.at, d.id
WITH d.user AS user, collect(d)[0] AS d
WHERE d.due <= $now
RETURN d.id AS id ORDER BY d.tries, d.due, id LIMIT $limit
