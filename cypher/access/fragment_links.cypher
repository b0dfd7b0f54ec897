// name: fragment_links
// access: control
// summary: relationships at records, and those given, with what their labels are made of
// params: ids: list, links: list
// returns: what, id, cases, shared, caveats, visibility, audience, expression, digest, start, start_expression, end, end_expression
// example: ids=$records, links=$assertions
CALL () {
  MATCH (n:Subject)-[r:SUBJECT_OF|MENTIONS|INVOLVED_IN|HAS_IDENTIFIER|LINKED_TO|SAME_AS|ABOUT|HAS_ATTRIBUTE]-() WHERE n.id IN $ids RETURN r
  UNION MATCH (n:Subject)-[:HAS_ATTRIBUTE]->(:Attribute)<-[r:KEY_OF]-() WHERE n.id IN $ids RETURN r
  UNION MATCH (n:Document)-[r:FILED_IN|MENTIONS|ABOUT]-() WHERE n.id IN $ids RETURN r
  UNION MATCH (n:Event)-[r:PART_OF|INVOLVED_IN|AT|ABOUT]-() WHERE n.id IN $ids RETURN r
  UNION MATCH (n:Entry)-[r:ABOUT]->() WHERE n.id IN $ids RETURN r
  UNION MATCH (n:Attribute)-[r:HAS_ATTRIBUTE|KEY_OF]-() WHERE n.id IN $ids RETURN r
  UNION MATCH ()-[r:SUBJECT_OF]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:FILED_IN]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:PART_OF]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:MENTIONS]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:INVOLVED_IN]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:HAS_IDENTIFIER]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:ABOUT]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:AT]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:LINKED_TO]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:SAME_AS]->() WHERE r.id IN $links RETURN r
  UNION MATCH ()-[r:RELATED_TO]->() WHERE r.id IN $links RETURN r
}
WITH r, startNode(r) AS a, endNode(r) AS b
MATCH (v:Visibility {id: r.visibility})
OPTIONAL MATCH (va:Visibility {id: a.visibility})
OPTIONAL MATCH (vb:Visibility {id: b.visibility})
RETURN type(r) AS what, r.id AS id, r.cases AS cases, r.shared AS shared, r.caveats AS caveats, r.visibility AS visibility,
  r.audience AS audience, v.expression AS expression, v.digest AS digest,
  a.id AS start, va.expression AS start_expression, b.id AS end, vb.expression AS end_expression
ORDER BY id
