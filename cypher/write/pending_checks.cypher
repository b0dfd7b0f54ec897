// name: pending_checks
// access: control
// summary: checks whose answer's moment is past and whose notices are not written, oldest first
// params: now: datetime, limit: int
// returns: id
// example: now=$now, limit=50
MATCH (c:Check {state: 'pending'}) WHERE c.due <= $now
RETURN c.id AS id ORDER BY c.due, c.id LIMIT $limit
