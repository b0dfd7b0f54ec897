// name: neighbours
// access: scoped
// summary: the visible relationships of these types at a record, by their id
// params: id: str, types: list, after_id: str, limit: int
// returns: id, type, start, end (a record's id or an identifier's key), identifier, detail, source, confidence
// example: id=$subject, types=["HAS_IDENTIFIER","LINKED_TO","SAME_AS","INVOLVED_IN","SUBJECT_OF","MENTIONS","AT"], after_id="", limit=50
CALL () {
  MATCH (n:Subject {id: $id}) RETURN n
  UNION ALL
  MATCH (n:Case {id: $id}) RETURN n
  UNION ALL
  MATCH (n:Document {id: $id}) RETURN n
  UNION ALL
  MATCH (n:Event {id: $id}) RETURN n
}
MATCH (n)-[r:HAS_IDENTIFIER|LINKED_TO|SAME_AS|INVOLVED_IN|SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|AT|RELATED_TO
  WHERE (r.audience IN $audiences OR r.visibility IN $visibilities) AND type(r) IN $types]-(m)
WITH r WHERE r.id > $after_id
WITH r ORDER BY r.id LIMIT $limit
RETURN r.id AS id, type(r) AS type, startNode(r).id AS start, coalesce(endNode(r).id, endNode(r).key) AS end,
  CASE WHEN endNode(r):Identifier THEN {kind: endNode(r).kind, value: endNode(r).value} END AS identifier,
  coalesce(r.role, r.kind + ': ' + r.reason, r.kind, r.basis, r.as_written) AS detail, r.confidence AS confidence,
  CASE WHEN EXISTS {
    MATCH (d:Document {id: r.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
  } THEN r.source END AS source
ORDER BY id
