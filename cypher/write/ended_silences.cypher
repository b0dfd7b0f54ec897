// name: ended_silences
// access: control
// summary: cases and records whose silence is over, and what it kept from others is to be told
// params: now: datetime, limit: int
// returns: id
// example: now=$now, limit=50
CALL () {
  MATCH (c:Case {disclosure: 'silent'}) RETURN c AS n
  UNION MATCH (s:Subject {disclosure: 'silent'}) RETURN s AS n
  UNION MATCH (c:Case) WHERE c.silence_broken IS NOT NULL RETURN c AS n
  UNION MATCH (s:Subject) WHERE s.silence_broken IS NOT NULL RETURN s AS n
}
WITH n WHERE n.silence_broken <= $now
  OR n.disclosure = 'silent' AND n.disclosure_until <= $now AND coalesce(n.silence_told <> n.disclosure_until, true)
RETURN n.id AS id ORDER BY id LIMIT $limit
