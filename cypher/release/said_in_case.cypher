// name: said_in_case
// access: release
// summary: the identifiers and names that a case asserts of its records now; of one record, if it is given
// params: case: str, record: str
// returns: record, kind, key (of an identifier), value, caveats, births (a name's: value, caveats)
// example: case=$case, record=$nothing
CALL () {
  MATCH (x:Subject)-[:SUBJECT_OF]->(:Case {id: $case}) RETURN x
  UNION MATCH (x:Document)-[:FILED_IN]->(:Case {id: $case}) RETURN x
  UNION MATCH (x:Event)-[:PART_OF]->(:Case {id: $case}) RETURN x
}
WITH x WHERE $record IS NULL OR x.id = $record
CALL (x) {
  MATCH (x)-[r:HAS_IDENTIFIER|MENTIONS|AT]->(i:Identifier) WHERE r.cases[0] = $case
  RETURN i.kind AS kind, i.key AS key, i.value AS value, r.caveats AS caveats, [] AS births
  UNION
  MATCH (x)-[:HAS_ATTRIBUTE]->(a:Attribute) WHERE a.kind IN ['name', 'alias'] AND a.cases[0] = $case
  RETURN 'name' AS kind, null AS key, a.value AS value, a.caveats AS caveats,
    [(x)-[:HAS_ATTRIBUTE]->(b:Attribute {kind: 'birth_date'}) WHERE b.cases = a.cases | {value: b.value, caveats: b.caveats}] AS births
}
RETURN x.id AS record, kind, key, value, caveats, births ORDER BY record, kind, key, value
