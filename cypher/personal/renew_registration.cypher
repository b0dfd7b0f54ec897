// name: renew_registration
// access: personal
// summary: let a registration of the person's own stand until then; one that has expired stays as it is
// params: id: str, until: datetime
// returns: id, kind, mode, at, expires_at, stands, reason, own_reference, typed, sought, case, reported
// example: id=$registration, until=$now
MATCH (:User {id: $me})-[:MADE]->(r:Registration {id: $id}) SET r.lock = 0
WITH r, r.expires_at > datetime.realtime() AS stands
SET r.expires_at = CASE WHEN stands AND r.mode <> 'silent' AND r.kind <> 'event' THEN $until ELSE r.expires_at END REMOVE r.lock
RETURN r.id AS id, r.kind AS kind, r.mode AS mode, r.at AS at, r.expires_at AS expires_at,
  stands, r.reason AS reason, r.own_reference AS own_reference, r.typed AS typed, r.sought AS sought,
  r.case AS case, r.reported AS reported
