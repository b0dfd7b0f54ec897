// name: attached
// access: control
// summary: everything that hangs on a record, each with its expression
// params: id: str
// returns: id, what, other, other_label, expression, properties
// example: id=$record
CALL () {
  MATCH (n:Subject {id: $id}) RETURN n
  UNION ALL MATCH (n:Document {id: $id}) RETURN n
  UNION ALL MATCH (n:Event {id: $id}) RETURN n
}
MATCH (n)-[r:SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|INVOLVED_IN|HAS_IDENTIFIER|AT|LINKED_TO|SAME_AS]-(m)
MATCH (v:Visibility {id: r.visibility})
RETURN r.id AS id, type(r) AS what, m.id AS other, v.expression AS expression,
  CASE WHEN m:Subject THEN 'Subject' ELSE head(labels(m)) END AS other_label, properties(r) AS properties
ORDER BY id
UNION ALL
MATCH (n:Subject {id: $id})-[:HAS_ATTRIBUTE]->(t:Attribute)
MATCH (v:Visibility {id: t.visibility})
RETURN t.id AS id, 'Attribute' AS what, null AS other, v.expression AS expression,
  null AS other_label, properties(t) AS properties
ORDER BY id
