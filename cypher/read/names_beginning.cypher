// name: names_beginning
// access: scoped
// summary: names of which words begin so, each of the beginnings met by one
// params: sought: list, ranged: list, kind: str, limit: int
// seeks: sought
// returns: subject, kind, attribute, attribute_kind, value; by value, then attribute
// example: sought=$name_beginnings, ranged=$name_beginnings, kind="Person", limit=50
CALL () {
  UNWIND $sought AS one
  CALL (one) {
    MATCH (k:NameKey) USING INDEX SEEK k:NameKey(audience, key) USING INDEX SEEK k:NameKey(visibility, key)
    WHERE (k.audience IN $audiences OR k.visibility IN $visibilities) AND k.key STARTS WITH one.begin
    RETURN k
  }
  RETURN k, one
  UNION ALL
  UNWIND $ranged AS one
  CALL (one) {
    MATCH (x:NameKey) USING INDEX SEEK x:NameKey(key, audience)
    WHERE x.key STARTS WITH one.begin AND x.audience IS NOT NULL AND (x.audience IN $audiences OR x.visibility IN $visibilities)
    RETURN x AS k
  }
  RETURN k, one
}
WITH k, one WHERE k.key CONTAINS one.holds
MATCH (k)-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(a:Attribute)
  <-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]-(s:Subject)
WHERE a.kind IN ['name', 'alias'] AND ($kind IS NULL OR s.kind = $kind)
WITH s, a, count(DISTINCT one.holds) AS met WHERE met = size($sought) + size($ranged)
RETURN s.id AS subject, s.kind AS kind, a.id AS attribute, a.kind AS attribute_kind, a.value AS value
ORDER BY value, attribute LIMIT $limit
