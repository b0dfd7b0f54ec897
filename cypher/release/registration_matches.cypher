// name: registration_matches
// access: release
// summary: the registrations that stand now and seek these keys, but for one person's own
// params: keys: list, asker: str
// returns: key, id, mode, reference, sought, added, edits, owner, contact
// example: keys=$keys, asker=$agent
UNWIND $keys AS key
MATCH (w:WatchKey {key: key})<-[:SEEKS]-(r:Registration)<-[:MADE]-(u:User)
WHERE r.expires_at > datetime.realtime() AND u.id <> $asker
RETURN DISTINCT key, r.id AS id, r.mode AS mode, r.reference AS reference, r.sought AS sought, r.added AS added,
  coalesce(r.edits, 0) AS edits,
  u.id AS owner, u.contact AS contact
