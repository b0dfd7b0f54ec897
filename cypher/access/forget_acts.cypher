// name: forget_acts
// access: control
// summary: drop the marks of writes whose outcome was recorded long ago
// params: hours: int, open: list
// returns: dropped
// example: hours=$one, open=$digests
MATCH (a:Act) WHERE NOT a.intent IN $open AND a.at < datetime.realtime() - duration({hours: $hours})
DELETE a
RETURN count(*) AS dropped
