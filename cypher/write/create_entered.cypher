// name: create_entered
// access: control
// summary: what was entered into a case, to be checked once it is written; by nobody, of an import
// params: user: str, properties: map
// returns: id
// example: user=$agent, properties=$changes
CREATE (c:Check) SET c = $properties
WITH c OPTIONAL MATCH (u:User {id: $user})
FOREACH (by IN CASE WHEN u IS NULL THEN [] ELSE [u] END | CREATE (by)-[:MADE {by: by.id, at: c.at}]->(c))
RETURN c.id AS id
