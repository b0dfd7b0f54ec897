// name: names_like
// access: scoped
// summary: names that may be like one: by the whole name's key, or by how keys of its words begin and what they hold
// params: sought: list, ranged: list, kind: str, limit: int
// seeks: sought
// returns: subject, kind, attribute, attribute_kind, value; the whole name first, then by how much of it was met, value, then attribute
// example: sought=$sought_names, ranged=$sought_names, kind="Person", limit=50
CALL () {
  UNWIND $sought AS one
  CALL (one) {
    MATCH (k:NameKey {key: one.key}) USING INDEX SEEK k:NameKey(key, audience) USING INDEX SEEK k:NameKey(key, visibility)
    WHERE k.audience IN $audiences OR k.visibility IN $visibilities
    RETURN k
  UNION
    MATCH (k:NameKey) USING INDEX SEEK k:NameKey(audience, key) USING INDEX SEEK k:NameKey(visibility, key)
    WHERE (k.audience IN $audiences OR k.visibility IN $visibilities) AND k.key STARTS WITH one.begin
      AND (one.holds = [] OR any(held IN one.holds WHERE k.key CONTAINS held))
    RETURN k
  }
  RETURN k, one
  UNION ALL
  UNWIND $ranged AS one
  CALL (one) {
    MATCH (x:NameKey {key: one.key}) USING INDEX SEEK x:NameKey(key, audience)
    WHERE x.audience IS NOT NULL AND (x.audience IN $audiences OR x.visibility IN $visibilities)
    RETURN x AS k
  UNION
    MATCH (x:NameKey) USING INDEX SEEK x:NameKey(key, audience)
    WHERE x.key STARTS WITH one.begin AND x.audience IS NOT NULL
      AND (x.audience IN $audiences OR x.visibility IN $visibilities)
      AND (one.holds = [] OR any(held IN one.holds WHERE x.key CONTAINS held))
    RETURN x AS k
  }
  RETURN k, one
}
MATCH (k)-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(a:Attribute)
  <-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]-(s:Subject)
WHERE a.kind IN ['name', 'alias'] AND ($kind IS NULL OR s.kind = $kind)
WITH s, a, max(one.weight) + count(DISTINCT one.word) AS met ORDER BY met DESC, a.value, a.id LIMIT $limit
RETURN s.id AS subject, s.kind AS kind, a.id AS attribute, a.kind AS attribute_kind, a.value AS value
ORDER BY met DESC, value, attribute
