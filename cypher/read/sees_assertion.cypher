// name: sees_assertion
// access: scoped
// summary: what this visible assertion or record is
// params: id: str
// returns: id, what, start, end
// example: id=$assertion
CALL () {
  MATCH (a)-[r:MENTIONS {id: $id} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(b) USING INDEX SEEK r:MENTIONS(id) RETURN r.id AS id, 'MENTIONS' AS what, a.id AS start, b.id AS end
  UNION ALL
  MATCH (a)-[r:INVOLVED_IN {id: $id} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(b) USING INDEX SEEK r:INVOLVED_IN(id) RETURN r.id AS id, 'INVOLVED_IN' AS what, a.id AS start, b.id AS end
  UNION ALL
  MATCH (a)-[r:HAS_IDENTIFIER {id: $id} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(b) USING INDEX SEEK r:HAS_IDENTIFIER(id) RETURN r.id AS id, 'HAS_IDENTIFIER' AS what, a.id AS start, b.id AS end
  UNION ALL
  MATCH (a)-[r:AT {id: $id} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(b) USING INDEX SEEK r:AT(id) RETURN r.id AS id, 'AT' AS what, a.id AS start, b.id AS end
  UNION ALL
  MATCH (a)-[r:LINKED_TO {id: $id} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(b) USING INDEX SEEK r:LINKED_TO(id) RETURN r.id AS id, 'LINKED_TO' AS what, a.id AS start, b.id AS end
  UNION ALL
  MATCH (a)-[r:SAME_AS {id: $id} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(b) USING INDEX SEEK r:SAME_AS(id) RETURN r.id AS id, 'SAME_AS' AS what, a.id AS start, b.id AS end
  UNION ALL
  MATCH (a)-[r:RELATED_TO {id: $id} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(b) USING INDEX SEEK r:RELATED_TO(id) RETURN r.id AS id, 'RELATED_TO' AS what, a.id AS start, b.id AS end
  UNION ALL
  MATCH (n:Attribute {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n.id AS id, 'Attribute' AS what, null AS start, null AS end
  UNION ALL
  MATCH (n:Subject {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n.id AS id, 'Subject' AS what, null AS start, null AS end
  UNION ALL
  MATCH (n:Document {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n.id AS id, 'Document' AS what, null AS start, null AS end
  UNION ALL
  MATCH (n:Event {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n.id AS id, 'Event' AS what, null AS start, null AS end
}
RETURN id, what, start, end ORDER BY id
