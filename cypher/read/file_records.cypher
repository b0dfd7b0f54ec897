// name: file_records
// access: scoped
// summary: the records that visibly stand in a case's file
// params: case: str, limit: int
// returns: record
// example: case=$case, limit=50
MATCH (c:Case {id: $case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
MATCH (c)<-[r:SUBJECT_OF|FILED_IN|PART_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]-(n)
RETURN DISTINCT n.id AS record ORDER BY record LIMIT $limit
