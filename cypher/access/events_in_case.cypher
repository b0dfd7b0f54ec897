// name: events_in_case
// access: control
// summary: the events that a case asserts and (one of them, if it is given) that are not over at a moment, if that is given
// params: case: str, record: str, at: datetime
// returns: record, starts, ends, latitude, longitude, caveats, addresses (what the case asserts under no other caveats: keys, sorted)
// example: case=$case, record=$nothing, at=$since
MATCH (x:Event)-[:PART_OF]->(:Case {id: $case})
WHERE x.cases[0] = $case AND ($record IS NULL OR x.id = $record) AND ($at IS NULL OR coalesce(x.ends, x.starts) >= $at)
RETURN x.id AS record, x.starts AS starts, x.ends AS ends, x.latitude AS latitude, x.longitude AS longitude, x.caveats AS caveats,
  COLLECT {
    MATCH (x)-[r:AT]->(:Identifier) WHERE r.cases[0] = $case AND all(caveat IN r.caveats WHERE caveat IN x.caveats)
    RETURN DISTINCT r.key AS key ORDER BY key
  } AS addresses
ORDER BY record
