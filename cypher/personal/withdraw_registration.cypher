// name: withdraw_registration
// access: personal
// summary: end a registration of the person's own, and all it seeks and met
// params: id: str
// returns: id
// example: id=$registration
MATCH (:User {id: $me})-[:MADE]->(r:Registration {id: $id})
OPTIONAL MATCH (r)-[:SEEKS]->(w:WatchKey)
WITH r, r.id AS id, collect(w) AS keys
FOREACH (w IN keys | DETACH DELETE w)
DETACH DELETE r
RETURN id
