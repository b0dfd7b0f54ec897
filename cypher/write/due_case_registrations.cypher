// name: due_case_registrations
// access: control
// summary: standing match reports that are to be made again, oldest first
// params: now: datetime, limit: int
// returns: id, user, case, mode, reason, own_reference, last
// example: now=$now, limit=50
MATCH (u:User)-[:MADE]->(r:Registration) WHERE r.due <= $now AND r.expires_at > datetime.realtime()
RETURN r.id AS id, u.id AS user, r.case AS case, r.mode AS mode, r.reason AS reason, r.own_reference AS own_reference, r.last AS last
ORDER BY r.due, id LIMIT $limit
