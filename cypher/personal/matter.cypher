// name: matter
// access: personal
// summary: whether a matter concerns the person: they are at the coordination desk, or it asked them
// params: id: str
// returns: id, desk
// example: id=$matter
MATCH (u:User {id: $me})
MATCH (m:Matter {id: $id}) WHERE u.desk OR EXISTS { (m)-[:ASKED]->(u) }
RETURN m.id AS id, coalesce(u.desk, false) AS desk
