// name: report
// access: personal
// summary: a report of the person's own
// params: id: str
// returns: id, at, report
// example: id=$report
MATCH (:User {id: $me})-[:SAVED]->(r:Report {id: $id})
RETURN r.id AS id, r.at AS at, r.report AS report
