// name: unassign
// access: control
// summary: end one assignment
// params: case: str, id: str
// returns: user, agent
// example: case=$case, id=$assignment
MATCH (u:User)-[a:ASSIGNED_TO {id: $id}]->(c:Case {id: $case})
WITH u, a, a.agent AS agent
DELETE a
RETURN u.id AS user, agent
