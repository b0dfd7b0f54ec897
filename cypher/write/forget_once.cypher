// name: forget_once
// access: control
// summary: drop the marks of requests that came long ago
// params: hours: int
// returns: dropped
// example: hours=$one
MATCH (o:Once) WHERE o.at < datetime.realtime() - duration({hours: $hours})
DELETE o
RETURN count(*) AS dropped
