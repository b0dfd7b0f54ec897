// name: standing_registrations
// access: personal
// summary: the person's registrations that stand now, newest first, and the conflicts that they see of each
// params: kind: str, limit: int
// returns: id, kind, mode, at, expires_at, edits, own_reference, typed, conflicts (id, contact, matches)
// example: kind=$nothing, limit=50
MATCH (u:User {id: $me})-[:MADE]->(r:Registration)
WHERE r.expires_at > datetime.realtime() AND ($kind IS NULL OR r.kind = $kind)
RETURN r.id AS id, r.kind AS kind, r.mode AS mode, r.at AS at, r.expires_at AS expires_at,
  coalesce(r.edits, 0) AS edits, r.own_reference AS own_reference, r.typed AS typed,
  [(u)<-[:TO]-(s:ConflictSide {registration: r.id}) WHERE s.owner = u.id | {id: s.id, contact: s.contact, matches: s.matches}] AS conflicts
ORDER BY at DESC, id LIMIT $limit
