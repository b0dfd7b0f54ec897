// name: case_selectors
// access: scoped
// summary: the identifiers and names of the records in a case's file, with what decides how they are asked for
// params: case: str, limit: int
// returns: kind, key (of an identifier), value, caveats, mode, until, births (of a name: value, caveats), record (one that says it)
// example: case=$case, limit=50
MATCH (c:Case {id: $case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
MATCH (c)<-[m:SUBJECT_OF|FILED_IN|PART_OF WHERE m.audience IN $audiences OR m.visibility IN $visibilities]-(x)
CALL (x) {
  MATCH (x)-[r:HAS_IDENTIFIER|MENTIONS|AT WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(i:Identifier)
  RETURN i.kind AS kind, i.key AS key, i.value AS value, r.caveats AS caveats, [] AS births
  UNION
  MATCH (x)-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
  WHERE a.kind IN ['name', 'alias']
  RETURN 'name' AS kind, null AS key, a.value AS value, a.caveats AS caveats, COLLECT {
    MATCH (x)-[g:HAS_ATTRIBUTE WHERE g.audience IN $audiences OR g.visibility IN $visibilities]->(b:Attribute {kind: 'birth_date'})
    RETURN {value: b.value, caveats: b.caveats} ORDER BY b.value, b.id
  } AS births
}
RETURN kind, key, value, caveats + x.caveats AS caveats, x.disclosure AS mode, x.disclosure_until AS until, births, min(x.id) AS record
ORDER BY kind, key, value, caveats, mode, until, births LIMIT $limit
