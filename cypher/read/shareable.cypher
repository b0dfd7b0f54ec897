// name: shareable
// access: scoped
// summary: what one may pick when sharing a record: its visible attributes and relationships
// params: id: str
// returns: id
// example: id=$record
CALL () {
  MATCH (n:Subject {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n
  UNION ALL
  MATCH (n:Document {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n
  UNION ALL
  MATCH (n:Event {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n
}
MATCH (n)-[r:HAS_ATTRIBUTE|HAS_IDENTIFIER|MENTIONS|INVOLVED_IN|AT|LINKED_TO WHERE r.audience IN $audiences OR r.visibility IN $visibilities]-(m)
RETURN CASE WHEN m:Attribute THEN m.id ELSE r.id END AS id
ORDER BY id
