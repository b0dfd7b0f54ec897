// name: links
// access: scoped
// summary: the visible relationships of these types between pairs of nodes
// params: rows: list, types: list
// returns: id, type, start, end (a record's id or an identifier's key), identifier, detail, source, confidence
// example: rows=$pairs, types=["HAS_IDENTIFIER","LINKED_TO","SAME_AS","INVOLVED_IN","SUBJECT_OF","MENTIONS","AT"]
UNWIND $rows AS row
CALL (row) {
  MATCH (n:Subject {id: row.node}) RETURN n
  UNION ALL
  MATCH (n:Case {id: row.node}) RETURN n
  UNION ALL
  MATCH (n:Document {id: row.node}) RETURN n
  UNION ALL
  MATCH (n:Event {id: row.node}) RETURN n
  UNION ALL
  MATCH (n:Identifier {key: row.node}) RETURN n
}
UNWIND row.others AS other
CALL (other) {
  MATCH (m:Subject {id: other}) RETURN m
  UNION ALL
  MATCH (m:Case {id: other}) RETURN m
  UNION ALL
  MATCH (m:Document {id: other}) RETURN m
  UNION ALL
  MATCH (m:Event {id: other}) RETURN m
  UNION ALL
  MATCH (m:Identifier {key: other}) RETURN m
}
MATCH (n)-[r:HAS_IDENTIFIER|LINKED_TO|SAME_AS|INVOLVED_IN|SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|AT|RELATED_TO
  WHERE (r.audience IN $audiences OR r.visibility IN $visibilities) AND type(r) IN $types]-(m)
RETURN DISTINCT r.id AS id, type(r) AS type, startNode(r).id AS start, coalesce(endNode(r).id, endNode(r).key) AS end,
  CASE WHEN endNode(r):Identifier THEN {kind: endNode(r).kind, value: endNode(r).value} END AS identifier,
  coalesce(r.role, r.kind + ': ' + r.reason, r.kind, r.basis, r.as_written) AS detail, r.confidence AS confidence,
  CASE WHEN EXISTS {
    MATCH (d:Document {id: r.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
  } THEN r.source END AS source
ORDER BY id
