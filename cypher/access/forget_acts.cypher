// name: forget_acts
// access: control
// summary: drop the marks of writes whose outcome was recorded long ago
// params: hours: int
// returns: dropped
// example: hours=$one
MATCH (a:Act) WHERE a.at < datetime.realtime() - duration({hours: $hours})
DELETE a
RETURN count(*) AS dropped
