// name: fragment_records
// access: control
// summary: records with what hangs on them (attributes, name keys), and what their labels are made of
// params: ids: list
// returns: what, id, cases, shared, caveats, visibility, audience, expression, digest, under, under_expression
// example: ids=$records
CALL () {
  MATCH (n:Case) WHERE n.id IN $ids RETURN n, 'Case' AS what, null AS under
  UNION MATCH (n:Subject) WHERE n.id IN $ids RETURN n, 'Subject' AS what, null AS under
  UNION MATCH (n:Document) WHERE n.id IN $ids RETURN n, 'Document' AS what, null AS under
  UNION MATCH (n:Event) WHERE n.id IN $ids RETURN n, 'Event' AS what, null AS under
  UNION MATCH (n:Entry) WHERE n.id IN $ids RETURN n, 'Entry' AS what, null AS under
  UNION MATCH (under:Subject)-[:HAS_ATTRIBUTE]->(n:Attribute) WHERE under.id IN $ids RETURN n, 'Attribute' AS what, under
  UNION MATCH (n:Attribute)<-[:HAS_ATTRIBUTE]-(under:Subject) WHERE n.id IN $ids RETURN n, 'Attribute' AS what, under
  UNION MATCH (s:Subject)-[:HAS_ATTRIBUTE]->(under:Attribute)<-[:KEY_OF]-(n:NameKey) WHERE s.id IN $ids RETURN n, 'NameKey' AS what, under
  UNION MATCH (under:Attribute)<-[:KEY_OF]-(n:NameKey) WHERE under.id IN $ids RETURN n, 'NameKey' AS what, under
}
MATCH (v:Visibility {id: n.visibility})
OPTIONAL MATCH (w:Visibility {id: under.visibility})
RETURN what, n.id AS id, n.cases AS cases, n.shared AS shared, n.caveats AS caveats, n.visibility AS visibility,
  n.audience AS audience, v.expression AS expression, v.digest AS digest, under.id AS under, w.expression AS under_expression
ORDER BY id
