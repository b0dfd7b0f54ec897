// name: put_change
// access: control
// summary: what a transaction has changed of links and audiences, last in it; kept an hour
// params: records: list, expressions: list, all: bool
// returns: number
// example: records=$records, expressions=$numbers, all=false
MATCH (f:Feed) SET f.lock = 0
WITH f
SET f.value = f.value + 1
CREATE (:Change {number: f.value, records: $records, expressions: $expressions, all: $all, at: datetime.realtime()})
WITH f
OPTIONAL MATCH (c:Change) WHERE f.value % 64 = 0 AND c.at < datetime.realtime() - duration({hours: 1})
DELETE c
RETURN DISTINCT f.value AS number
