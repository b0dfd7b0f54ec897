// name: assertion
// access: control
// summary: a relationship with its own, its expression and what it says
// params: id: str
// returns: cases, expression, properties, start, start_label, end, end_label
// example: id=$assertion
CALL () {
  MATCH (a)-[r:MENTIONS {id: $id}]->(b) RETURN r AS x, a AS a, b AS b
  UNION ALL
  MATCH (a)-[r:INVOLVED_IN {id: $id}]->(b) RETURN r AS x, a AS a, b AS b
  UNION ALL
  MATCH (a)-[r:HAS_IDENTIFIER {id: $id}]->(b) RETURN r AS x, a AS a, b AS b
  UNION ALL
  MATCH (a)-[r:AT {id: $id}]->(b) RETURN r AS x, a AS a, b AS b
  UNION ALL
  MATCH (a)-[r:LINKED_TO {id: $id}]->(b) RETURN r AS x, a AS a, b AS b
  UNION ALL
  MATCH (a)-[r:SAME_AS {id: $id}]->(b) RETURN r AS x, a AS a, b AS b
  UNION ALL
  MATCH (a)-[r:RELATED_TO {id: $id}]->(b) RETURN r AS x, a AS a, b AS b
}
MATCH (v:Visibility {id: x.visibility})
RETURN x.cases AS cases, v.expression AS expression, properties(x) AS properties,
  a.id AS start, CASE WHEN a:Subject THEN 'Subject' ELSE head(labels(a)) END AS start_label, b.id AS end, CASE WHEN b:Subject THEN 'Subject' ELSE head(labels(b)) END AS end_label
