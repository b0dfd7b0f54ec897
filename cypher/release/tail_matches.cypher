// name: tail_matches
// access: release
// summary: who asserted phones that end in these seven digits, as identifier_matches
// params: keys: list, each: bool, seen: bool
// returns: sought, key, subject (as of identifier_matches), holder, caveats, mode, until, safety, asserted_at (in microseconds since 1970; null unless $each), visible; one row for each way they differ
// example: keys=$tails, each=$false, seen=$true
UNWIND $keys AS sought
MATCH (i:Identifier {tail: sought})<-[r:HAS_IDENTIFIER]-(s:Subject)
WITH sought, i.key AS key, r, s, coalesce(r.audience IN $audiences OR r.visibility IN $visibilities, false) AS visible
WHERE $seen OR NOT visible
WITH DISTINCT sought, key, CASE WHEN $each OR visible THEN s.id ELSE '' END AS subject, r.cases[0] AS holder,
  r.caveats + s.caveats AS caveats,
  s.disclosure AS mode, s.disclosure_until AS until,
  CASE WHEN s.safety IS NOT NULL AND s.cases = r.cases THEN s.safety END AS safety,
  CASE WHEN $each THEN r.asserted_at.epochSeconds * 1000000 + r.asserted_at.microsecond END AS asserted_at, visible
RETURN collect({
  sought: sought, key: key, subject: subject, holder: holder, caveats: caveats, mode: mode, until: until, safety: safety,
  asserted_at: asserted_at, visible: visible
}) AS answer
