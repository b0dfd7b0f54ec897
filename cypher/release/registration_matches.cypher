// name: registration_matches
// access: release
// summary: the registrations that stand now and seek these keys, or a phone that ends so, but for one person's own
// params: keys: list, tails: list, asker: str
// returns: key, tail, id, mode, reference, sought, added, edits, owner, contact
// example: keys=$keys, tails=$tails, asker=$agent
CALL () {
  UNWIND $keys AS key MATCH (w:WatchKey {key: key}) RETURN w
  UNION
  UNWIND $tails AS tail MATCH (w:WatchKey {tail: tail}) RETURN w
}
MATCH (w)<-[:SEEKS]-(r:Registration)<-[:MADE]-(u:User)
WHERE r.expires_at > datetime.realtime() AND u.id <> $asker
RETURN DISTINCT w.key AS key, w.tail AS tail, r.id AS id, r.mode AS mode, r.reference AS reference, r.sought AS sought,
  r.added AS added, coalesce(r.edits, 0) AS edits,
  u.id AS owner, u.contact AS contact
