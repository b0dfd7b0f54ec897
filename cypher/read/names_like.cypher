// name: names_like
// access: scoped
// summary: names that may be like one, each once: by the whole name's key, or by how keys of its words begin and what they hold
// params: sought: list, ranged: list, kind: str, limit: int
// seeks: sought
// returns: value, kind (of its subjects), held (how many have it, or somewhat more); the whole name first, then by how much of it was met, value, then kind
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
    // Bare, the predicate would be planned as a seek by each label too.
    MATCH (x:NameKey {key: one.key}) USING INDEX SEEK x:NameKey(key, audience)
    WHERE x.audience IS NOT NULL AND coalesce(x.audience IN $audiences OR x.visibility IN $visibilities, false)
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
// A key says the name and of what it is one, under its own label: who has it is asked of those that are alike.
WITH k.name AS value, k.kind AS kind, one.word AS word, max(one.weight) AS weight, count(*) AS held
WHERE value IS NOT NULL AND ($kind IS NULL OR kind = $kind)
WITH value, kind, max(weight) + count(*) AS met, max(held) AS held ORDER BY met DESC, value, kind LIMIT $limit
RETURN collect({value: value, kind: kind, held: held}) AS answer
