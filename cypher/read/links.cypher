// name: links
// access: scoped
// summary: the visible relationships of these types between pairs of nodes
// params: nodes: list, pairs: list, types: list
// returns: id, type, start, end (a record's id or an identifier's key), identifier, detail, source, confidence; pairs are places in nodes
// example: nodes=$nodes, pairs=$pairs, types=["HAS_IDENTIFIER","LINKED_TO","SAME_AS","INVOLVED_IN","SUBJECT_OF","MENTIONS","AT"]
UNWIND $nodes AS node
OPTIONAL CALL (node) {
  MATCH (n:Subject {id: node}) RETURN n
  UNION ALL
  MATCH (n:Case {id: node}) RETURN n
  UNION ALL
  MATCH (n:Document {id: node}) RETURN n
  UNION ALL
  MATCH (n:Event {id: node}) RETURN n
  UNION ALL
  MATCH (n:Identifier {key: node}) RETURN n
}
WITH collect([n]) AS met  // what is not there keeps its place
UNWIND $pairs AS pair
WITH met[pair[0]][0] AS n, met[pair[1]][0] AS m
MATCH (n)-[r:HAS_IDENTIFIER|LINKED_TO|SAME_AS|INVOLVED_IN|SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|AT|RELATED_TO
  WHERE (r.audience IN $audiences OR r.visibility IN $visibilities) AND type(r) IN $types]-(m)
WITH DISTINCT r, CASE WHEN r.source IS NOT NULL AND EXISTS {
    MATCH (d:Document {id: r.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
  } THEN r.source END AS source
ORDER BY r.id
RETURN collect({
  id: r.id, type: type(r), start: startNode(r).id, end: coalesce(endNode(r).id, endNode(r).key),
  identifier: CASE WHEN endNode(r):Identifier THEN {kind: endNode(r).kind, value: endNode(r).value} END,
  detail: coalesce(r.role, r.kind + ': ' + r.reason, r.kind, r.basis, r.as_written), confidence: r.confidence,
  source: source
}) AS answer
