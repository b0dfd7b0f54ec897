// name: check_links
// access: control
// summary: a page of the relationships of one type, by id, with what carries access
// params: type: str, after: str, page: int
// returns: id, cases, shared, caveats, audience, key, expression, label_audience, start, end, end_id, end_key
// example: type="MENTIONS", after="", page=$limit
CALL () {
  WITH $type AS type WHERE type = 'SUBJECT_OF'
  MATCH (a)-[r:SUBJECT_OF]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'FILED_IN'
  MATCH (a)-[r:FILED_IN]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'PART_OF'
  MATCH (a)-[r:PART_OF]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'MENTIONS'
  MATCH (a)-[r:MENTIONS]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'INVOLVED_IN'
  MATCH (a)-[r:INVOLVED_IN]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'HAS_ATTRIBUTE'
  MATCH (a)-[r:HAS_ATTRIBUTE]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'KEY_OF'
  MATCH (a)-[r:KEY_OF]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'HAS_IDENTIFIER'
  MATCH (a)-[r:HAS_IDENTIFIER]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'ABOUT'
  MATCH (a)-[r:ABOUT]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'AT'
  MATCH (a)-[r:AT]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'LINKED_TO'
  MATCH (a)-[r:LINKED_TO]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'SAME_AS'
  MATCH (a)-[r:SAME_AS]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
  UNION ALL
  WITH $type AS type WHERE type = 'RELATED_TO'
  MATCH (a)-[r:RELATED_TO]->(b) WHERE r.id > $after
  RETURN a, r, b ORDER BY r.id LIMIT $page
}
OPTIONAL MATCH (v:Visibility {id: r.visibility})
OPTIONAL MATCH (va:Visibility {id: a.visibility})
OPTIONAL MATCH (vb:Visibility {id: b.visibility})
RETURN r.id AS id, r.cases AS cases, r.shared AS shared, r.caveats AS caveats, r.audience AS audience, r.key AS key,
  v.expression AS expression, v.audience AS label_audience, va.expression AS start, vb.expression AS end, b.id AS end_id,
  CASE WHEN b:Identifier THEN b.key END AS end_key
ORDER BY id
