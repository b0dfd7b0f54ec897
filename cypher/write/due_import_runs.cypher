// name: due_import_runs
// access: control
// summary: imports that are over and whose every entry was looked at, oldest first
// params: now: datetime, limit: int
// returns: id
// example: now=$now, limit=50
MATCH (n:ImportRun) WHERE n.due <= $now AND NOT EXISTS { MATCH (c:Check {run: n.id}) WHERE c.state = 'pending' }
RETURN n.id AS id ORDER BY n.due, n.id LIMIT $limit
