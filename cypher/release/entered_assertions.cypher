// name: entered_assertions
// access: release
// summary: what a case asserts of a record with these keys now: identifiers, names and (key "event") an event's point, with what decides how it is told
// params: rows: list
// returns: record, key, caveats, mode, until, safety, starts, ends and duration (of an event)
// example: rows=$entered
UNWIND $rows AS row
CALL (row) {
  MATCH (x:Subject|Document|Event {id: row.record})-[r:HAS_IDENTIFIER|MENTIONS|AT]->(i:Identifier)
  WHERE i.key IN row.keys AND r.cases[0] = row.case
  RETURN i.key AS key, r.caveats + x.caveats AS caveats, x AS record, x.cases = r.cases AS own
  UNION
  MATCH (x:Subject {id: row.record})-[:HAS_ATTRIBUTE]->(a:Attribute)<-[:KEY_OF]-(k:NameKey)
  WHERE k.key IN row.keys AND a.cases[0] = row.case
  RETURN k.key AS key, a.caveats + x.caveats AS caveats, x AS record, x.cases = a.cases AS own
  UNION
  MATCH (x:Event {id: row.record}) WHERE 'event' IN row.keys AND x.cases[0] = row.case
  RETURN 'event' AS key, x.caveats AS caveats, x AS record, true AS own
}
RETURN DISTINCT record.id AS record, key, caveats, record.disclosure AS mode, record.disclosure_until AS until,
  CASE WHEN own THEN record.safety END AS safety, record.starts AS starts, record.ends AS ends,
  record.duration AS duration
