// name: due_sides
// access: control
// summary: sides of conflicts that are to be looked at
// params: now: datetime, limit: int
// returns: id
// example: now=$now, limit=50
MATCH (s:ConflictSide) WHERE s.look <= $now
RETURN s.id AS id ORDER BY s.look, id LIMIT $limit
