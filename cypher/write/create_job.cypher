// name: create_job
// access: control
// summary: work in the background, of one person
// params: user: str, properties: map
// returns: id
// example: user=$agent, properties=$changes
MATCH (u:User {id: $user})
CREATE (u)-[:STARTED]->(j:Job) SET j = $properties
RETURN j.id AS id
