// name: case_events
// access: scoped
// summary: the events in a case's file that begin at a moment or later, at the places that its reader sees, with what decides how they are asked for
// params: case: str, since: datetime, limit: int
// returns: record, starts, ends, duration, latitude, longitude, caveats, mode, until, addresses (key, caveats)
// example: case=$case, since=$since, limit=50
MATCH (c:Case {id: $case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
MATCH (c)<-[m:PART_OF WHERE m.audience IN $audiences OR m.visibility IN $visibilities]-(x:Event)
WITH x WHERE x.starts >= $since
RETURN x.id AS record, x.starts AS starts, x.ends AS ends, x.duration AS duration, x.latitude AS latitude, x.longitude AS longitude,
  x.caveats AS caveats, x.disclosure AS mode, x.disclosure_until AS until, COLLECT {
    MATCH (x)-[r:AT WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(i:Identifier)
    RETURN {key: i.key, caveats: r.caveats} ORDER BY i.key, r.id
  } AS addresses
ORDER BY starts, record LIMIT $limit
