// name: cases_of
// access: scoped
// summary: the cases in whose file a record visibly stands
// params: id: str
// returns: id, number, title, role
// example: id=$subject
CALL () {
  MATCH (n:Subject {id: $id})-[r:SUBJECT_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(c:Case)
  RETURN c, r.role AS role
  UNION
  MATCH (n:Document {id: $id})-[r:FILED_IN WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(c:Case)
  RETURN c, null AS role
  UNION
  MATCH (n:Event {id: $id})-[r:PART_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(c:Case)
  RETURN c, null AS role
}
RETURN c.id AS id, c.number AS number, c.title AS title, role ORDER BY number, id, role
