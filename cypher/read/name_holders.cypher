// name: name_holders
// access: scoped
// summary: the subjects with names of these keys, sought by label or in the range of the key: the same rows
// params: keys: list, ranged: list, most: int
// seeks: keys
// returns: key, over (more than $most visible names have it), holders (then none)
// example: keys=$name_keys, ranged=$name_keys, most=200
UNWIND [key IN $keys | [key, null]] + [key IN $ranged | [null, key]] AS one
CALL (one) {
  CALL (one) {
    MATCH (k:NameKey {key: one[0]}) USING INDEX SEEK k:NameKey(key, audience) USING INDEX SEEK k:NameKey(key, visibility)
    WHERE k.audience IN $audiences OR k.visibility IN $visibilities
    RETURN k
    UNION ALL
    // Bare, the predicate would be planned as a seek by each label too.
    MATCH (x:NameKey {key: one[1]}) USING INDEX SEEK x:NameKey(key, audience)
    WHERE x.audience IS NOT NULL AND coalesce(x.audience IN $audiences OR x.visibility IN $visibilities, false)
    RETURN x AS k
  }
  MATCH (k)-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(a:Attribute)
    <-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]-(s:Subject)
  WHERE a.kind IN ['name', 'alias']
  RETURN s.id AS holder LIMIT $most + 1
}
WITH coalesce(one[0], one[1]) AS key, collect(holder) AS holders
RETURN key, size(holders) > $most AS over, CASE WHEN size(holders) > $most THEN [] ELSE holders END AS holders
