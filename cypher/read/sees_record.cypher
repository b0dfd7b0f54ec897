// name: sees_record
// access: scoped
// summary: whether the person sees this subject, case, document or event
// params: id: str
// returns: id
// example: id=$subject
CALL () {
  MATCH (n:Subject {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n
  UNION ALL
  MATCH (n:Case {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n
  UNION ALL
  MATCH (n:Document {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n
  UNION ALL
  MATCH (n:Event {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities RETURN n
}
RETURN n.id AS id
