// name: step_down
// access: control
// summary: the case's agent stays assigned, no longer as its agent
// params: case: str
// returns: user
// example: case=$case
MATCH (u:User)-[a:ASSIGNED_TO {agent: true}]->(c:Case {id: $case})
SET a.agent = false
RETURN u.id AS user
