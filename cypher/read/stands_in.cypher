// name: stands_in
// access: scoped
// summary: which of these records the person sees in this case's file
// params: case: str, ids: list
// returns: id, label
// example: case=$case, ids=$records
CALL () {
  MATCH (n:Subject)-[r:SUBJECT_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(c:Case {id: $case}) WHERE n.id IN $ids
  RETURN n.id AS id, 'Subject' AS label
  UNION
  MATCH (n:Document)-[r:FILED_IN WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(c:Case {id: $case}) WHERE n.id IN $ids
  RETURN n.id AS id, 'Document' AS label
  UNION
  MATCH (n:Event)-[r:PART_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(c:Case {id: $case}) WHERE n.id IN $ids
  RETURN n.id AS id, 'Event' AS label
}
RETURN id, label ORDER BY id
