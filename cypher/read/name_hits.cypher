// name: name_hits
// access: scoped
// summary: the subjects with names of these keys, sought by label or in the range of the key: the same rows
// params: keys: list, ranged: list, limit: int
// seeks: keys
// returns: id, kind, name, attribute, attribute_kind, value; by value, then attribute
// example: keys=$name_keys, ranged=$name_keys, limit=50
CALL () {
  UNWIND $keys AS key
  MATCH (k:NameKey {key: key}) USING INDEX SEEK k:NameKey(key, audience) USING INDEX SEEK k:NameKey(key, visibility)
  WHERE k.audience IN $audiences OR k.visibility IN $visibilities
  RETURN k
  UNION ALL
  UNWIND $ranged AS key
  // Bare, the predicate would be planned as a seek by each label too.
  MATCH (x:NameKey {key: key}) USING INDEX SEEK x:NameKey(key, audience)
  WHERE x.audience IS NOT NULL AND coalesce(x.audience IN $audiences OR x.visibility IN $visibilities, false)
  RETURN x AS k
}
// A whole name has one key; the key says the name, so that of a frequent one the rest is not read.
WITH k ORDER BY k.name, k.id LIMIT $limit
MATCH (k)-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(a:Attribute)
  <-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]-(s:Subject)
WHERE a.kind IN ['name', 'alias']
OPTIONAL MATCH (s)-[o:HAS_ATTRIBUTE WHERE o.audience IN $audiences OR o.visibility IN $visibilities]->(n:Attribute)
  WHERE n.kind IN ['name', 'alias']
WITH s, a, CASE n.kind WHEN 'name' THEN 0 ELSE 1 END AS rank, n ORDER BY rank, n.value, n.id
WITH s, a, head(collect(n.value)) AS name
RETURN s.id AS id, s.kind AS kind, name, a.id AS attribute, a.kind AS attribute_kind, a.value AS value
ORDER BY value, attribute
