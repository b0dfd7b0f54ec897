// name: crowds
// access: release
// summary: those of these identifiers, and of these groups of names, of which their asker would be shown at least so many contacts, and so many of these: agents of open cases, of what is hidden and under no caveat; looked for among so many holders; and the groups that hold no name of anybody whom the asker does not see
// params: identifiers: list, names: list (of, keys), but: str, most: int, among: int
// returns: of (or the key), contacts (none: of a group that is nobody's)
// example: identifiers=$keys, names=$key_groups, but=$case, most=21, among=500
CALL () {
  UNWIND $names AS name
  // Nearly none has so many holders at all, and only of those is it asked who they are.
  CALL (name) {
    UNWIND name.keys AS key
    MATCH (h:NameKey {key: key}) USING INDEX SEEK h:NameKey(key, audience)
    // An existing label is an invariant; said here, it makes the look-up a seek on (key, audience).
    // A key carries the label of its name: what is seen is left out before it is gone to.
    WHERE h.audience IS NOT NULL AND NOT coalesce(h.audience IN $audiences OR h.visibility IN $visibilities, false)
    WITH h LIMIT $most
    RETURN count(h) AS held
  }
  CALL (name, held) {
    UNWIND CASE WHEN held >= $most THEN name.keys ELSE [] END AS key
    MATCH (k:NameKey {key: key})-[:KEY_OF]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(s:Subject) USING INDEX SEEK k:NameKey(key, audience)
    WHERE k.audience IS NOT NULL AND NOT coalesce(k.audience IN $audiences OR k.visibility IN $visibilities, false)
      AND a.kind IN ['name', 'alias'] AND a.caveats = [] AND s.caveats = [] AND s.disclosure IS NULL AND a.cases[0] <> $but
    WITH a LIMIT $among
    MATCH (c:Case {id: a.cases[0]})<-[g:ASSIGNED_TO]-(u:User)
    WHERE c.disclosure IS NULL AND g.agent AND trim(u.contact) <> ''
      AND (g.from IS NULL OR g.from <= datetime.realtime()) AND (g.until IS NULL OR g.until > datetime.realtime())
    WITH DISTINCT u.contact AS contact LIMIT $most
    RETURN collect(contact) AS contacts
  }
  WITH name.of AS of, held, contacts WHERE held = 0 OR size(contacts) >= $most
  RETURN of, contacts
  UNION ALL
  UNWIND $identifiers AS key
  MATCH (i:Identifier {key: key}) WHERE COUNT { (i)<-[:HAS_IDENTIFIER]-() } >= $most
  CALL (i) {
    MATCH (i)<-[r:HAS_IDENTIFIER]-(s:Subject)
    WHERE r.caveats = [] AND s.caveats = [] AND s.disclosure IS NULL
      AND r.cases[0] <> $but AND NOT coalesce(r.audience IN $audiences OR r.visibility IN $visibilities, false)
    WITH r LIMIT $among
    MATCH (c:Case {id: r.cases[0]})<-[g:ASSIGNED_TO]-(u:User)
    WHERE c.disclosure IS NULL AND g.agent AND trim(u.contact) <> ''
      AND (g.from IS NULL OR g.from <= datetime.realtime()) AND (g.until IS NULL OR g.until > datetime.realtime())
    WITH DISTINCT u.contact AS contact LIMIT $most
    RETURN collect(contact) AS contacts
  }
  WITH key AS of, contacts WHERE size(contacts) >= $most
  RETURN of, contacts
}
RETURN collect({of: of, contacts: contacts}) AS answer
