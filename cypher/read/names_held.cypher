// name: names_held
// access: scoped
// summary: the subjects that have these names, and none of an earlier place, after a place and an id; sought by label or in the range of the key: the same rows
// params: sought: list, ranged: list, places: map, after: int, after_id: str, limit: int
// seeks: sought
// returns: place (as given with the name), id, kind, attribute, attribute_kind, value, name; by place, then id
// example: sought=$names_alike, ranged=$names_alike, places=$places, after=$place, after_id="", limit=50
CALL () {
  UNWIND $sought AS one
  MATCH (k:NameKey {key: one.key}) USING INDEX SEEK k:NameKey(key, audience) USING INDEX SEEK k:NameKey(key, visibility)
  WHERE (k.audience IN $audiences OR k.visibility IN $visibilities) AND k.name = one.value AND k.kind = one.kind
  RETURN k, one.place AS place
  UNION ALL
  UNWIND $ranged AS one
  // Bare, the predicate would be planned as a seek by each label too.
  MATCH (x:NameKey {key: one.key}) USING INDEX SEEK x:NameKey(key, audience)
  WHERE x.audience IS NOT NULL AND coalesce(x.audience IN $audiences OR x.visibility IN $visibilities, false)
    AND x.name = one.value AND x.kind = one.kind
  RETURN x AS k, one.place AS place
}
MATCH (k)-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(a:Attribute)
  <-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]-(s:Subject)
WHERE a.kind IN ['name', 'alias'] AND (place > $after OR place = $after AND s.id > $after_id)
WITH place, s, collect(a) AS found
WHERE place = 0 OR NOT EXISTS {
  MATCH (s)-[b:HAS_ATTRIBUTE WHERE b.audience IN $audiences OR b.visibility IN $visibilities]->(m:Attribute)
  WHERE m.kind IN ['name', 'alias'] AND $places[s.kind + ' ' + m.value] < place
}
WITH place, s, found ORDER BY place, s.id LIMIT $limit
CALL (found) {
  UNWIND found AS a
  RETURN a ORDER BY a.id LIMIT 1
}
RETURN place, s.id AS id, s.kind AS kind, a.id AS attribute, a.kind AS attribute_kind, a.value AS value, COLLECT {
    MATCH (s)-[o:HAS_ATTRIBUTE WHERE o.audience IN $audiences OR o.visibility IN $visibilities]->(n:Attribute)
    WHERE n.kind IN ['name', 'alias']
    RETURN n.value ORDER BY CASE n.kind WHEN 'name' THEN 0 ELSE 1 END, n.value, n.id LIMIT 1
  }[0] AS name
ORDER BY place, id
