// name: export_links
// access: scoped
// summary: the visible assertions between records that visibly stand in a case's file
// params: case: str, limit: int
// returns: id, type, start, end, detail, valid_from, valid_to
// example: case=$case, limit=50
MATCH (c:Case {id: $case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
MATCH (c)<-[s:SUBJECT_OF|FILED_IN|PART_OF WHERE s.audience IN $audiences OR s.visibility IN $visibilities]-(n)
  -[r:LINKED_TO|SAME_AS|INVOLVED_IN|MENTIONS WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(m)
  -[e:SUBJECT_OF|FILED_IN|PART_OF WHERE e.audience IN $audiences OR e.visibility IN $visibilities]->(c)
RETURN DISTINCT r.id AS id, type(r) AS type, n.id AS start, m.id AS end, coalesce(r.role, r.kind, r.basis) AS detail,
  r.valid_from AS valid_from, r.valid_to AS valid_to
ORDER BY id LIMIT $limit
