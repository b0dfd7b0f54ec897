// name: planned_events
// access: release
// summary: the places and times of events in case files that are not over before a moment nor begin after another, over the whole graph; what the asker sees is marked by the asker's own lists, or ($seen is false) left out
// params: since: datetime, until: datetime, each: bool, seen: bool
// returns: event (empty where the asker does not see it, unless $each), starts, ends, latitude, longitude, address (a key; each is a row of its own, the point another), holder, caveats, visible
// example: since=$since, until=$until, each=$false, seen=$true
CALL () {
  MATCH (x:Event) WHERE x.starts >= $since AND x.starts <= $until RETURN x
  UNION
  MATCH (x:Event) WHERE x.ends >= $since AND coalesce(x.starts, x.ends) <= $until RETURN x
}
CALL (x) {
  WITH x WHERE x.latitude IS NOT NULL
  RETURN x.latitude AS latitude, x.longitude AS longitude, null AS address, x.cases[0] AS holder, x.caveats AS caveats,
    coalesce(x.audience IN $audiences OR x.visibility IN $visibilities, false) AS visible
  UNION
  MATCH (x)-[r:AT]->(:Identifier)
  RETURN null AS latitude, null AS longitude, r.key AS address, r.cases[0] AS holder, r.caveats + x.caveats AS caveats,
    coalesce(r.audience IN $audiences OR r.visibility IN $visibilities, false) AS visible
}
WITH x, latitude, longitude, address, holder, caveats, visible WHERE $seen OR NOT visible
RETURN DISTINCT CASE WHEN $each OR visible THEN x.id ELSE '' END AS event, x.starts AS starts, x.ends AS ends,
  latitude, longitude, address, holder, caveats, visible
