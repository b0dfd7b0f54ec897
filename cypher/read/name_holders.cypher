// name: name_holders
// access: scoped
// summary: the subjects with names of these keys, as seeks that do not touch what is hidden
// params: keys: list, most: int
// returns: key, over (more than $most visible names have it), holders (then none)
// example: keys=$name_keys, most=200
UNWIND $keys AS key
CALL (key) {
  MATCH (k:NameKey {key: key}) USING INDEX SEEK k:NameKey(key, audience) USING INDEX SEEK k:NameKey(key, visibility)
  WHERE k.audience IN $audiences OR k.visibility IN $visibilities
  MATCH (k)-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(a:Attribute)
    <-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]-(s:Subject)
  WHERE a.kind IN ['name', 'alias']
  RETURN s.id AS holder LIMIT $most + 1
}
WITH key, collect(holder) AS holders
RETURN key, size(holders) > $most AS over, CASE WHEN size(holders) > $most THEN [] ELSE holders END AS holders
