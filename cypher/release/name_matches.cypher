// name: name_matches
// access: release
// summary: who asserted names with these keys, and the birth dates the same case asserts beside them, over the whole graph
// params: keys: list, each: bool, seen: bool, births: bool
// returns: sought and key (the same), subject (as of identifier_matches), holder, caveats, mode, until, safety, asserted_at (in microseconds since 1970; null unless $each), visible, birth_date, birth_caveats (null unless $births); one row for each way they differ
// example: keys=$name_keys, each=$false, seen=$true, births=$true
UNWIND $keys AS key
MATCH (k:NameKey {key: key}) USING INDEX SEEK k:NameKey(key, audience)
// An existing label is an invariant; said here, it makes the look-up a seek on (key, audience).
WHERE k.audience IS NOT NULL
// A key carries the label of its name: what is not wanted is left out before it is gone to.
WITH key, k, coalesce(k.audience IN $audiences OR k.visibility IN $visibilities, false) AS visible
WHERE $seen OR NOT visible
MATCH (k)-[:KEY_OF]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(s:Subject) WHERE a.kind IN ['name', 'alias']
OPTIONAL MATCH (s)-[:HAS_ATTRIBUTE]->(b:Attribute {kind: 'birth_date'}) WHERE $births AND b.cases = a.cases
WITH DISTINCT key AS sought, key, CASE WHEN $each OR visible THEN s.id ELSE '' END AS subject, a.cases[0] AS holder,
  a.caveats + s.caveats AS caveats,
  s.disclosure AS mode, s.disclosure_until AS until,
  CASE WHEN s.safety IS NOT NULL AND s.cases = a.cases THEN s.safety END AS safety,
  CASE WHEN $each THEN a.asserted_at.epochSeconds * 1000000 + a.asserted_at.microsecond END AS asserted_at, visible, b.value AS birth_date, b.caveats AS birth_caveats
RETURN collect({
  sought: sought, key: key, subject: subject, holder: holder, caveats: caveats, mode: mode, until: until, safety: safety,
  asserted_at: asserted_at, visible: visible, birth_date: birth_date, birth_caveats: birth_caveats
}) AS answer
