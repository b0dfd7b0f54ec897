// name: reports
// access: personal
// summary: the person's reports, newest first; after a place in that order, if one is given
// params: at: datetime, after: str, limit: int
// returns: id, at, report
// example: at=$moment, after=$nothing, limit=50
MATCH (:User {id: $me})-[:SAVED]->(r:Report)
WHERE $at IS NULL OR r.at < $at OR (r.at = $at AND r.id > $after)
RETURN r.id AS id, r.at AS at, r.report AS report
ORDER BY at DESC, id LIMIT $limit
