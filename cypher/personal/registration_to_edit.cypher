// name: registration_to_edit
// access: personal
// summary: lock a registration of the person's own
// params: id: str
// returns: id, kind, mode, stands, expires_at, sought, added, edits, own_reference
// example: id=$registration
MATCH (:User {id: $me})-[:MADE]->(r:Registration {id: $id}) SET r.lock = 0
RETURN r.id AS id, r.kind AS kind, r.mode AS mode, r.expires_at > datetime.realtime() AS stands, r.expires_at AS expires_at,
  r.sought AS sought, r.added AS added, coalesce(r.edits, 0) AS edits, r.own_reference AS own_reference
