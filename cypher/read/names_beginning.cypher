// name: names_beginning
// access: scoped
// summary: names of which words begin so, each of the beginnings met by one; each name once
// params: sought: list, ranged: list, kind: str, limit: int
// seeks: sought
// returns: as names_like; by value, then kind
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
WITH k.name AS value, k.kind AS kind, one.holds AS holds, count(*) AS held
WHERE value IS NOT NULL AND ($kind IS NULL OR kind = $kind)
WITH value, kind, count(*) AS met, max(held) AS held WHERE met = size($sought) + size($ranged)
ORDER BY value, kind LIMIT $limit
RETURN collect({value: value, kind: kind, held: held}) AS answer
