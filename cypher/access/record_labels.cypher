// name: record_labels
// access: control
// summary: labels of records, for the writer who attaches something to them
// params: ids: list
// returns: id, label, caveats, visibility, audience, expression, status
// example: ids=$records
CALL () {
  MATCH (n:Case) WHERE n.id IN $ids RETURN n, 'Case' AS label
  UNION ALL MATCH (n:Subject) WHERE n.id IN $ids RETURN n, 'Subject' AS label
  UNION ALL MATCH (n:Document) WHERE n.id IN $ids RETURN n, 'Document' AS label
  UNION ALL MATCH (n:Event) WHERE n.id IN $ids RETURN n, 'Event' AS label
  UNION ALL MATCH (n:Attribute) WHERE n.id IN $ids RETURN n, 'Attribute' AS label
}
MATCH (v:Visibility {id: n.visibility})
RETURN n.id AS id, label, n.cases AS cases, n.caveats AS caveats, n.visibility AS visibility, n.audience AS audience,
  v.expression AS expression, n.status AS status
