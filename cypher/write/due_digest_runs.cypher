// name: due_digest_runs
// access: control
// summary: runs that are over and of which everything was looked at, but for what is tried again later; oldest first
// params: now: datetime, limit: int
// returns: id
// example: now=$now, limit=50
MATCH (n:DigestRun) WHERE n.due <= $now AND NOT EXISTS { MATCH (c:Check {run: n.id}) WHERE c.state = 'pending' }
  AND NOT EXISTS { MATCH (f:Flood {run: n.id}) WHERE f.due <= n.due }
RETURN n.id AS id ORDER BY n.due, n.id LIMIT $limit
