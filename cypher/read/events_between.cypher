// name: events_between
// access: scoped
// summary: the visible events that are not over before a moment nor begin after another, with their visible places
// params: since: datetime, until: datetime
// returns: id, kind, description, starts, ends, latitude, longitude, addresses (keys); by when they start
// example: since=$since, until=$until
CALL () {
  MATCH (x:Event) WHERE (x.audience IN $audiences OR x.visibility IN $visibilities) AND x.starts >= $since AND x.starts <= $until
  RETURN x
  UNION
  MATCH (x:Event) WHERE (x.audience IN $audiences OR x.visibility IN $visibilities) AND x.ends >= $since AND coalesce(x.starts, x.ends) <= $until
  RETURN x
}
RETURN x.id AS id, x.kind AS kind, x.description AS description, x.starts AS starts, x.ends AS ends,
  x.latitude AS latitude, x.longitude AS longitude,
  COLLECT {
    MATCH (x)-[r:AT WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(:Identifier)
    RETURN DISTINCT r.key AS key ORDER BY key
  } AS addresses
ORDER BY starts, id
