// name: planned_events
// access: release
// summary: events of case files that begin between two moments, between two latitudes or at an address, over the whole graph; what the asker sees is marked by the asker's own lists, or ($seen is false) left out
// params: since: datetime, until: datetime, south: float, north: float, address: str, each: bool, seen: bool
// returns: event (empty where the asker does not see it, unless $each), starts, ends, duration, latitude, longitude, address (a key; a row of its own, the point another), holder, caveats, visible
// example: since=$since, until=$until, south=$south, north=$north, address=$address, each=$false, seen=$true
MATCH (x:Event) WHERE x.starts >= $since AND x.starts <= $until
CALL (x) {
  WITH x WHERE x.latitude >= $south AND x.latitude <= $north
  RETURN x.latitude AS latitude, x.longitude AS longitude, null AS address, x.cases[0] AS holder, x.caveats AS caveats,
    coalesce(x.audience IN $audiences OR x.visibility IN $visibilities, false) AS visible
  UNION
  MATCH (x)-[r:AT {key: $address}]->(:Identifier)
  RETURN null AS latitude, null AS longitude, r.key AS address, r.cases[0] AS holder, r.caveats + x.caveats AS caveats,
    coalesce(r.audience IN $audiences OR r.visibility IN $visibilities, false) AS visible
}
WITH x, latitude, longitude, address, holder, caveats, visible WHERE $seen OR NOT visible
RETURN DISTINCT CASE WHEN $each OR visible THEN x.id ELSE '' END AS event, x.starts AS starts, x.ends AS ends,
  x.duration AS duration, latitude, longitude, address, holder, caveats, visible
