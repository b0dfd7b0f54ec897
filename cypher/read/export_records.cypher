// name: export_records
// access: scoped
// summary: what stands in a case's file, whole: each record with its roles, values and identifiers
// params: case: str, limit: int
// returns: id, rank (0 subject, 1 document, 2 event), label, the record's properties, roles, attributes, identifiers
// example: case=$case, limit=50
MATCH (c:Case {id: $case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
MATCH (c)<-[r:SUBJECT_OF|FILED_IN|PART_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]-(n)
WITH DISTINCT n, CASE type(r) WHEN 'SUBJECT_OF' THEN 0 WHEN 'FILED_IN' THEN 1 ELSE 2 END AS rank
ORDER BY rank, n.id LIMIT $limit
RETURN n.id AS id, rank, ['Subject', 'Document', 'Event'][rank] AS label, n.kind AS kind,
  n.title AS title, n.written AS written, n.digest AS digest, n.location AS location,
  n.description AS description, n.starts AS starts, n.ends AS ends, n.latitude AS latitude, n.longitude AS longitude,
  n.duration AS duration, n.amount AS amount,
  COLLECT {
    MATCH (n)-[s:SUBJECT_OF WHERE s.audience IN $audiences OR s.visibility IN $visibilities]->(:Case {id: $case})
    RETURN DISTINCT s.role AS role ORDER BY role
  } AS roles,
  COLLECT {
    MATCH (n)-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
    RETURN {kind: a.kind, value: a.value} ORDER BY a.kind, a.value, a.id
  } AS attributes,
  COLLECT {
    MATCH (n)-[i:HAS_IDENTIFIER|AT|MENTIONS WHERE i.audience IN $audiences OR i.visibility IN $visibilities]->(k:Identifier)
    RETURN {id: i.id, type: type(i), key: k.key, kind: k.kind, value: k.value, as_written: i.as_written} ORDER BY i.id
  } AS identifiers
ORDER BY rank, id
