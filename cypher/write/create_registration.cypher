// name: create_registration
// access: control
// summary: a registration of one person, and the keys it seeks; the keys are its own, shared with nobody's
// params: user: str, properties: map, keys: list
// returns: keys
// example: user=$agent, properties=$changes, keys=$keys
MATCH (u:User {id: $user})
CREATE (u)-[:MADE]->(r:Registration) SET r = $properties
WITH r UNWIND $keys AS key
CREATE (r)-[:SEEKS]->(:WatchKey {key: key, tail: CASE WHEN key STARTS WITH 'phone:' OR key STARTS WITH 'tail:' THEN right(key, 7) END})
RETURN count(*) AS keys
