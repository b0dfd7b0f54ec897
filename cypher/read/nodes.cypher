// name: nodes
// access: scoped
// summary: what visible subjects, cases, documents and events are, and their names
// params: ids: list
// returns: id, label, kind, name
// example: ids=$records
UNWIND $ids AS id
CALL (id) {
  MATCH (n:Subject {id: id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities
  RETURN n, 'Subject' AS label, coalesce(COLLECT {
      MATCH (n)-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
      WHERE a.kind IN ['name', 'alias']
      RETURN a.value ORDER BY CASE a.kind WHEN 'name' THEN 0 ELSE 1 END, a.value, a.id LIMIT 1
    }[0], n.kind) AS name
  UNION ALL
  MATCH (n:Case {id: id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities
  RETURN n, 'Case' AS label, n.number + ' ' + n.title AS name
  UNION ALL
  MATCH (n:Document {id: id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities
  RETURN n, 'Document' AS label, n.title AS name
  UNION ALL
  MATCH (n:Event {id: id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities
  RETURN n, 'Event' AS label, coalesce(n.description, n.kind) AS name
}
WITH n, label, name
ORDER BY n.id
RETURN collect({id: n.id, label: label, kind: n.kind, name: name}) AS answer
