// name: check_records
// access: control
// summary: a page of the records of one label, by id, with what carries access
// params: label: str, after: str, page: int
// returns: id, cases, shared, caveats, audience, expression, label_audience, under, said (false: a key that does not say the name it is of)
// example: label="Attribute", after="", page=$limit
CALL () {
  WITH $label AS label WHERE label = 'Case'
  MATCH (n:Case) WHERE n.id > $after
  WITH n ORDER BY n.id LIMIT $page
  RETURN n, [] AS under, true AS said
  UNION ALL
  WITH $label AS label WHERE label = 'Subject'
  MATCH (n:Subject) WHERE n.id > $after
  WITH n ORDER BY n.id LIMIT $page
  RETURN n, [] AS under, true AS said
  UNION ALL
  WITH $label AS label WHERE label = 'Attribute'
  MATCH (n:Attribute) WHERE n.id > $after
  WITH n ORDER BY n.id LIMIT $page
  RETURN n, COLLECT { MATCH (n)<-[:HAS_ATTRIBUTE]-(s:Subject) MATCH (w:Visibility {id: s.visibility}) RETURN w.expression } AS under, true AS said
  UNION ALL
  WITH $label AS label WHERE label = 'Document'
  MATCH (n:Document) WHERE n.id > $after
  WITH n ORDER BY n.id LIMIT $page
  RETURN n, [] AS under, true AS said
  UNION ALL
  WITH $label AS label WHERE label = 'Event'
  MATCH (n:Event) WHERE n.id > $after
  WITH n ORDER BY n.id LIMIT $page
  RETURN n, [] AS under, true AS said
  UNION ALL
  WITH $label AS label WHERE label = 'Entry'
  MATCH (n:Entry) WHERE n.id > $after
  WITH n ORDER BY n.id LIMIT $page
  RETURN n, [] AS under, true AS said
  UNION ALL
  WITH $label AS label WHERE label = 'NameKey'
  MATCH (n:NameKey) WHERE n.id > $after
  WITH n ORDER BY n.id LIMIT $page
  RETURN n, COLLECT { MATCH (n)-[:KEY_OF]->(s:Attribute) MATCH (w:Visibility {id: s.visibility}) RETURN w.expression } AS under,
    EXISTS { MATCH (n)-[:KEY_OF]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(s:Subject) WHERE a.value = n.name AND s.kind = n.kind }
      AND CASE WHEN n.key STARTS WITH 'w:' AND size(n.name) <= 1000
        THEN EXISTS { (n)-[:SPELLED]->(:Spelling {key: n.key, kind: n.kind, name: n.name}) } ELSE NOT EXISTS { (n)-[:SPELLED]->() } END AS said
}
OPTIONAL MATCH (v:Visibility {id: n.visibility})
RETURN n.id AS id, n.cases AS cases, n.shared AS shared, n.caveats AS caveats, n.audience AS audience,
  v.expression AS expression, v.audience AS label_audience, under, said
ORDER BY id
