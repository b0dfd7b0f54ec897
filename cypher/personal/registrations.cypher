// name: registrations
// access: personal
// summary: the person's registrations, newest first; after a place in that order, if one is given
// params: at: datetime, after: str, limit: int
// returns: id, mode, at, expires_at, stands, reason, own_reference, typed, sought, case, reported
// example: at=$nothing, after=$nothing, limit=50
MATCH (:User {id: $me})-[:MADE]->(r:Registration)
WHERE $at IS NULL OR r.at < $at OR (r.at = $at AND r.id > $after)
RETURN r.id AS id, r.mode AS mode, r.at AS at, r.expires_at AS expires_at,
  r.expires_at > datetime.realtime() AS stands, r.reason AS reason, r.own_reference AS own_reference,
  r.typed AS typed, r.sought AS sought, r.case AS case, r.reported AS reported
ORDER BY at DESC, id LIMIT $limit
