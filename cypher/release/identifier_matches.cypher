// name: identifier_matches
// access: release
// summary: who asserted these identifiers, over the whole graph; what the asker sees is marked by the asker's own lists
// params: keys: list, seen_audiences: list, seen_visibilities: list
// returns: key, subject, holder, caveats, mode, until, safety, visible; one row for each way they differ
// example: keys=$keys, seen_audiences=$rows, seen_visibilities=$rows
UNWIND $keys AS key
MATCH (:Identifier {key: key})<-[r:HAS_IDENTIFIER]-(s:Subject)
// A safety code belongs to the case that asserts the record: of a shared record it is not the holder's to release.
RETURN DISTINCT key, s.id AS subject, r.cases[0] AS holder, r.caveats + s.caveats AS caveats,
  s.disclosure AS mode, s.disclosure_until AS until,
  CASE WHEN s.cases = r.cases THEN s.safety END AS safety,
  coalesce(r.audience IN $seen_audiences OR r.visibility IN $seen_visibilities, false) AS visible
