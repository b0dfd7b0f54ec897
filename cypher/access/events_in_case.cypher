// name: events_in_case
// access: control
// summary: the events with a beginning that a case asserts (one of them, if it is given), with the addresses that it asserts
// params: case: str, record: str
// returns: record, starts, ends, duration, latitude, longitude, addresses (key, caveats; by key)
// example: case=$case, record=$nothing
WITH $case AS case
// By the variable: of $case = c.id and $case = x.cases[0] the server makes c.id = x.cases[0], and seeks no case.
MATCH (c:Case {id: case})
// One after the other: with few events the planner may read the index of their beginnings instead.
WITH c, case MATCH (c)<-[:PART_OF]-(x:Event)
WHERE x.cases[0] = case AND ($record IS NULL OR x.id = $record)
WITH x, case WHERE x.starts IS NOT NULL
RETURN x.id AS record, x.starts AS starts, x.ends AS ends, x.duration AS duration, x.latitude AS latitude,
  x.longitude AS longitude,
  COLLECT { MATCH (x)-[r:AT]->(:Identifier) WHERE r.cases[0] = case
    RETURN {key: r.key, caveats: r.caveats} AS address ORDER BY r.key, r.id } AS addresses
ORDER BY record
