// name: names_beginning
// access: scoped
// summary: names of which words begin so, each of the beginnings met by one
// params: beginnings: list, kind: str, limit: int
// returns: subject, kind, attribute, attribute_kind, value; by value, then attribute
// example: beginnings=$name_beginnings, kind="Person", limit=50
UNWIND $beginnings AS one
CALL (one) {
  MATCH (k:NameKey) USING INDEX SEEK k:NameKey(audience, key) USING INDEX SEEK k:NameKey(visibility, key)
  WHERE (k.audience IN $audiences OR k.visibility IN $visibilities) AND k.key STARTS WITH one.begin
  RETURN k
}
WITH k, one WHERE k.key CONTAINS one.holds
MATCH (k)-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(a:Attribute)
  <-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]-(s:Subject)
WHERE a.kind IN ['name', 'alias'] AND ($kind IS NULL OR s.kind = $kind)
WITH s, a, count(DISTINCT one.holds) AS met WHERE met = size($beginnings)
RETURN s.id AS subject, s.kind AS kind, a.id AS attribute, a.kind AS attribute_kind, a.value AS value
ORDER BY value, attribute LIMIT $limit
