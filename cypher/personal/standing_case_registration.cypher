// name: standing_case_registration
// access: personal
// summary: the person's standing match report of a case, if there is one
// params: case: str
// returns: id
// example: case=$case
MATCH (:User {id: $me})-[:MADE]->(r:Registration {kind: 'case', case: $case}) WHERE r.expires_at > datetime.realtime()
RETURN r.id AS id
