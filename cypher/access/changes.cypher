// name: changes
// access: control
// summary: what the feed tells after a number
// params: after: int
// returns: number, records, expressions, all
// example: after=$one
MATCH (c:Change) WHERE c.number > $after
RETURN c.number AS number, c.records AS records, c.expressions AS expressions, c.all AS all ORDER BY number
