// name: due_floods
// access: control
// summary: what was asked, on days that are over, of keys that many hold, oldest first
// params: now: datetime, limit: int
// returns: id
// example: now=$now, limit=50
MATCH (n:DigestRun) WHERE n.due <= $now
MATCH (f:Flood {run: n.id})
RETURN f.id AS id ORDER BY n.due, f.id LIMIT $limit
