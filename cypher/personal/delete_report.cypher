// name: delete_report
// access: personal
// summary: end a report of the person's own
// params: id: str
// returns: id
// example: id=$report
MATCH (:User {id: $me})-[:SAVED]->(r:Report {id: $id})
WITH r, r.id AS id
DETACH DELETE r
RETURN id
