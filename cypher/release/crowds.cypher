// name: crowds
// access: release
// summary: of names with these keys, contacts that their asker would be shown of some of what is hidden, at most so many of each key: agents of open cases, of what is under no caveat
// params: keys: list, but: str, most: int
// returns: key, contact
// example: keys=$name_keys, but=$case, most=21
UNWIND $keys AS key
CALL (key) {
  MATCH (k:NameKey {key: key})-[:KEY_OF]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(s:Subject) USING INDEX SEEK k:NameKey(key, audience)
  // An existing label is an invariant; said here, it makes the look-up a seek on (key, audience).
  WHERE k.audience IS NOT NULL AND a.kind IN ['name', 'alias'] AND a.caveats = [] AND s.caveats = [] AND s.disclosure IS NULL
    AND a.cases[0] <> $but AND NOT coalesce(a.audience IN $audiences OR a.visibility IN $visibilities, false)
  // Where hundreds have fewer contacts than that, all are looked up.
  WITH a LIMIT 500
  MATCH (c:Case {id: a.cases[0]})<-[g:ASSIGNED_TO]-(u:User)
  WHERE c.disclosure IS NULL AND g.agent AND trim(u.contact) <> ''
    AND (g.from IS NULL OR g.from <= datetime.realtime()) AND (g.until IS NULL OR g.until > datetime.realtime())
  RETURN DISTINCT u.contact AS contact LIMIT $most
}
RETURN collect({key: key, contact: contact}) AS answer
