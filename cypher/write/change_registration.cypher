// name: change_registration
// access: control
// summary: change a registration, and put these keys in the place of those it sought
// params: id: str, properties: map, keys: list
// returns: keys
// example: id=$registration, properties=$changes, keys=$keys
MATCH (r:Registration {id: $id}) SET r += $properties
WITH r
CALL (r) { MATCH (r)-[:SEEKS]->(w:WatchKey) DETACH DELETE w }
UNWIND $keys AS key
CREATE (r)-[:SEEKS]->(:WatchKey {key: key, tail: CASE WHEN key STARTS WITH 'phone:' OR key STARTS WITH 'tail:' THEN right(key, 7) END})
RETURN count(*) AS keys
