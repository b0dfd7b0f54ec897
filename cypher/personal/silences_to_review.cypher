// name: silences_to_review
// access: personal
// summary: what is silent by a leader's leave and ends within two weeks, or has ended: cases and records of the units they lead, and registrations they asked for; what ends last first
// params: at: datetime, after: str, limit: int
// returns: kind, id, name (of a case or of whose registration it is), until, stands
// example: at=$nothing, after=$nothing, limit=50
MATCH (u:User {id: $me})
// Leading is sight for some classes only: those that model/records.py does not name in NO_SIGHT.
WITH u, NOT u.user_class IN ['task_force', 'auditor', 'dispatcher', 'attorney', 'service', 'administrator'] AS leads,
  [(u)-[l:CLEARED_FOR]->(v:Caveat) WHERE (l.from IS NULL OR l.from <= datetime.realtime())
    AND (l.until IS NULL OR l.until > datetime.realtime()) | v.id] AS caveats
// Begun at what is silent, which is little, and not at all that is led.
CALL (u, leads, caveats) {
  CALL () {
    MATCH (n:Case {disclosure: 'silent'}) RETURN 'case' AS kind, n, n AS c, n.title AS name
    UNION ALL
    MATCH (n:Subject {disclosure: 'silent'}) MATCH (c:Case {id: n.cases[0]}) WHERE size(n.cases) = 1
    RETURN 'subject' AS kind, n, c, null AS name
  }
  WITH u, leads, caveats, kind, n, c, name
  WHERE leads AND NOT coalesce(c.closed_to_leaders, true) AND all(caveat IN c.caveats + n.caveats WHERE caveat IN caveats)
    AND EXISTS { (c)-[:OF]->(:Unit)-[:PART_OF*0..20]->(:Unit)<-[d:LEADS]-(u)
      WHERE (d.from IS NULL OR d.from <= datetime.realtime()) AND (d.until IS NULL OR d.until > datetime.realtime()) }
  RETURN kind, n.id AS id, name, n.disclosure_until AS until
  UNION ALL
  MATCH (o:User)-[:MADE]->(r:Registration {approved_by: u.id})
  RETURN 'registration' AS kind, r.id AS id, o.name AS name, r.expires_at AS until
}
WITH kind, id, name, until WHERE until < datetime.realtime() + duration('P14D')
  AND ($at IS NULL OR until < $at OR (until = $at AND id > $after))
RETURN kind, id, name, until, until > datetime.realtime() AS stands
ORDER BY until DESC, id LIMIT $limit
