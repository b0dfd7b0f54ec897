// name: registration_matches
// access: release
// summary: the registrations that stand now and seek these keys, a phone that ends so, or a name of which a key begins so, or so and holds one of some parts, but for one person's own
// params: keys: list, tails: list, begins: list, slips: list, asker: str
// returns: key, tail, id, mode, reference, sought, added, edits, owner, contact
// example: keys=$keys, tails=$tails, begins=$begins, slips=$slips, asker=$agent
CALL () {
  UNWIND $keys AS key MATCH (w:WatchKey {key: key}) USING INDEX SEEK w:WatchKey(key) RETURN w
  UNION
  UNWIND $tails AS tail MATCH (w:WatchKey {tail: tail}) USING INDEX SEEK w:WatchKey(tail) RETURN w
  UNION
  UNWIND $begins AS begin MATCH (w:WatchKey) USING INDEX SEEK w:WatchKey(key) WHERE w.key STARTS WITH begin RETURN w
  UNION
  UNWIND $slips AS slip MATCH (w:WatchKey) USING INDEX SEEK w:WatchKey(key)
  WHERE w.key STARTS WITH slip.begin AND any(held IN slip.holds WHERE w.key CONTAINS held) RETURN w
}
MATCH (w)<-[:SEEKS]-(r:Registration)<-[:MADE]-(u:User)
WHERE r.expires_at > datetime.realtime() AND u.id <> $asker
RETURN DISTINCT w.key AS key, w.tail AS tail, r.id AS id, r.mode AS mode, r.reference AS reference, r.sought AS sought,
  r.added AS added, coalesce(r.edits, 0) AS edits,
  u.id AS owner, u.contact AS contact
