// name: create_check
// access: control
// summary: a check made by one person; the same properties whether it hit or not
// params: user: str, properties: map
// returns: id
// example: user=$agent, properties=$changes
MATCH (u:User {id: $user})
CREATE (u)-[m:MADE]->(c:Check) SET c = $properties, m.by = u.id, m.at = c.at
RETURN c.id AS id
