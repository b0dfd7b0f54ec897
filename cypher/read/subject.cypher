// name: subject
// access: scoped
// summary: one subject, with the name computed from the visible ones
// params: id: str
// returns: id, kind, disclosure, name
// example: id=$subject
MATCH (n:Subject {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities
RETURN n.id AS id, n.kind AS kind, n.disclosure AS disclosure, COLLECT {
    MATCH (n)-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
    WHERE a.kind IN ['name', 'alias']
    RETURN a.value ORDER BY CASE a.kind WHEN 'name' THEN 0 ELSE 1 END, a.value, a.id LIMIT 1
  }[0] AS name
