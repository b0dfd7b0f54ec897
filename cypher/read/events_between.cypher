// name: events_between
// access: scoped
// summary: the visible events that begin between two moments, between two latitudes or at an address
// params: since: datetime, until: datetime, south: float, north: float, address: str
// returns: event (its id), kind, description, starts, ends, duration, latitude, longitude, addresses (keys); by when they start
// example: since=$since, until=$until, south=$south, north=$north, address=$address
MATCH (x:Event) WHERE (x.audience IN $audiences OR x.visibility IN $visibilities) AND x.starts >= $since AND x.starts <= $until
WITH x, COLLECT {
    MATCH (x)-[r:AT WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(:Identifier)
    RETURN DISTINCT r.key AS key ORDER BY key
  } AS addresses
WHERE $address IN addresses OR (x.latitude >= $south AND x.latitude <= $north)
RETURN x.id AS event, x.kind AS kind, x.description AS description, x.starts AS starts, x.ends AS ends, x.duration AS duration,
  x.latitude AS latitude, x.longitude AS longitude, addresses
ORDER BY starts, event
