// name: claim_delivery
// access: control
// summary: take one that is due until a moment: by then it has left, or is due again
// params: id: str, now: datetime, until: datetime
// returns: notice, at (of it), user, to (their address now), tries
// example: id=$notice, now=$now, until=$now
MATCH (d:Delivery {id: $id}) SET d.lock = 0
WITH d WHERE NOT d.dead AND d.due <= $now
SET d.due = $until REMOVE d.lock
WITH d
MATCH (d)-[:SENDS]->(n:Notice) MATCH (u:User {id: d.user})
RETURN n.id AS notice, n.at AS at, u.id AS user, u[d.channel] AS to, d.tries AS tries
