// name: finish_check
// access: control
// summary: a check is done; what was asked is forgotten, its digests stay
// params: id: str
// returns: id
// example: id=$check
MATCH (c:Check {id: $id})
SET c.state = 'done' REMOVE c.question, c.seen, c.records, c.fresh, c.lock
RETURN c.id AS id
