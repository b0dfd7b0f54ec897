// name: assignment
// access: control
// summary: one assignment of a case
// params: case: str, id: str
// returns: user, agent
// example: case=$case, id=$assignment
MATCH (u:User)-[a:ASSIGNED_TO {id: $id}]->(c:Case {id: $case})
RETURN u.id AS user, a.agent AS agent
