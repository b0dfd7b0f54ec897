// name: due_floods
// access: control
// summary: what was asked, on days that are over, of keys that many hold, oldest first
// params: now: datetime, limit: int
// returns: id
// example: now=$now, limit=50
MATCH (f:Flood) WHERE f.due <= $now
RETURN f.id AS id ORDER BY f.due, f.id LIMIT $limit
