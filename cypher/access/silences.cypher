// name: silences
// access: control
// summary: every case, record and registration that is silent, or was until its date came; what ends last first
// params: until: datetime, after: str, limit: int
// returns: kind, id, whose (of a registration), by, at, until, stands
// example: until=$nothing, after=$nothing, limit=50
CALL () {
  MATCH (c:Case {disclosure: 'silent'})
  RETURN 'case' AS kind, c.id AS id, null AS whose, c.disclosed_by AS by, c.disclosed_at AS at, c.disclosure_until AS ends
  UNION ALL
  MATCH (s:Subject {disclosure: 'silent'})
  RETURN 'subject' AS kind, s.id AS id, null AS whose, s.disclosed_by AS by, s.disclosed_at AS at,
    s.disclosure_until AS ends
  UNION ALL
  MATCH (u:User)-[:MADE]->(r:Registration {mode: 'silent'})
  RETURN 'registration' AS kind, r.id AS id, u.id AS whose, r.approved_by AS by, r.at AS at, r.expires_at AS ends
}
WITH * WHERE ends IS NOT NULL AND ($until IS NULL OR ends < $until OR (ends = $until AND id > $after))
RETURN kind, id, whose, by, at, ends AS until, ends > datetime.realtime() AS stands
ORDER BY until DESC, id LIMIT $limit
