// name: identifier_matches
// access: release
// summary: who asserted these identifiers, over the whole graph; what the asker sees is marked by the asker's own lists, or ($seen is false) left out
// params: keys: list, each: bool, seen: bool
// returns: sought and key (the same), subject (empty where the asker does not see it, unless $each), holder, caveats, mode, until, safety, asserted_at (in microseconds since 1970; null unless $each), visible; one row for each way they differ
// example: keys=$keys, each=$false, seen=$true
UNWIND $keys AS key
MATCH (:Identifier {key: key})<-[r:HAS_IDENTIFIER]-(s:Subject)
WITH key, r, s, coalesce(r.audience IN $audiences OR r.visibility IN $visibilities, false) AS visible
WHERE $seen OR NOT visible
// Ten thousand records of a holder that differ in nothing that is released are one row to the asker.
// A safety code belongs to the case that asserts the record: of a shared record it is not the holder's to release.
WITH DISTINCT key AS sought, key, CASE WHEN $each OR visible THEN s.id ELSE '' END AS subject, r.cases[0] AS holder,
  r.caveats + s.caveats AS caveats,
  s.disclosure AS mode, s.disclosure_until AS until,
  CASE WHEN s.safety IS NOT NULL AND s.cases = r.cases THEN s.safety END AS safety,
  CASE WHEN $each THEN r.asserted_at.epochSeconds * 1000000 + r.asserted_at.microsecond END AS asserted_at, visible
RETURN collect({
  sought: sought, key: key, subject: subject, holder: holder, caveats: caveats, mode: mode, until: until, safety: safety,
  asserted_at: asserted_at, visible: visible
}) AS answer
