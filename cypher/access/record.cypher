// name: record
// access: control
// summary: a record's own properties and expression, for the writer who changes it
// params: id: str
// returns: label, cases, caveats, expression, properties
// example: id=$record
CALL () {
  MATCH (n:Case {id: $id}) RETURN n, 'Case' AS label
  UNION ALL MATCH (n:Subject {id: $id}) RETURN n, 'Subject' AS label
  UNION ALL MATCH (n:Document {id: $id}) RETURN n, 'Document' AS label
  UNION ALL MATCH (n:Event {id: $id}) RETURN n, 'Event' AS label
}
MATCH (v:Visibility {id: n.visibility})
RETURN label, n.cases AS cases, n.caveats AS caveats, v.expression AS expression, properties(n) AS properties
