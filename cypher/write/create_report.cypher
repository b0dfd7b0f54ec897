// name: create_report
// access: control
// summary: a question to the audit that an auditor keeps
// params: user: str, properties: map
// returns: id
// example: user=$user, properties=$changes
MATCH (u:User {id: $user})
CREATE (u)-[:SAVED]->(r:Report) SET r = $properties
RETURN r.id AS id
