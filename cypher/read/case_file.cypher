// name: case_file
// access: scoped
// summary: what stands in a case's file: subjects, then documents, then events
// params: case: str, after_rank: int, after_id: str, limit: int
// returns: id, rank (0 subject, 1 document, 2 event), label, kind, name, role
// example: case=$case, after_rank=0, after_id="", limit=50
MATCH (c:Case {id: $case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
MATCH (c)<-[r:SUBJECT_OF|FILED_IN|PART_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]-(n)
WITH n, CASE type(r) WHEN 'SUBJECT_OF' THEN 0 WHEN 'FILED_IN' THEN 1 ELSE 2 END AS rank, min(r.role) AS role
WHERE rank > $after_rank OR rank = $after_rank AND n.id > $after_id
WITH n, rank, role ORDER BY rank, n.id LIMIT $limit
RETURN n.id AS id, rank, ['Subject', 'Document', 'Event'][rank] AS label, n.kind AS kind, role,
  CASE rank WHEN 1 THEN n.title WHEN 2 THEN n.description ELSE COLLECT {
    MATCH (n)-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
    WHERE a.kind IN ['name', 'alias']
    RETURN a.value ORDER BY CASE a.kind WHEN 'name' THEN 0 ELSE 1 END, a.value, a.id LIMIT 1
  }[0] END AS name
ORDER BY rank, id
