// name: job_refusals
// access: personal
// summary: rows of an upload of the person's that were not written, after a row
// params: id: str, after: int, limit: int
// returns: row, problem, detail, field
// example: id=$job, after=$one, limit=50
MATCH (:User {id: $me})-[:STARTED]->(:Job {id: $id})-[:REFUSED]->(r:Refusal) WHERE r.row > $after
RETURN r.row AS row, r.problem AS problem, r.detail AS detail, r.field AS field ORDER BY row LIMIT $limit
