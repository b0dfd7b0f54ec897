// name: links_by_number
// access: scoped
// summary: the visible relationships of these types that have these internal ids now
// params: numbers: list, types: list
// returns: as links
// example: numbers=$internal, types=["HAS_IDENTIFIER","LINKED_TO","SAME_AS","INVOLVED_IN","SUBJECT_OF","MENTIONS","AT"]
UNWIND $numbers AS number
MATCH ()-[r:HAS_IDENTIFIER|LINKED_TO|SAME_AS|INVOLVED_IN|SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|AT|RELATED_TO
  WHERE (r.audience IN $audiences OR r.visibility IN $visibilities) AND type(r) IN $types]->()
WHERE id(r) = number
WITH DISTINCT r, startNode(r) AS n, endNode(r) AS m, CASE WHEN r.source IS NOT NULL AND EXISTS {
    MATCH (d:Document {id: r.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
  } THEN r.source END AS source
ORDER BY r.id
RETURN collect({
  id: r.id, type: type(r), start: n.id, end: coalesce(m.id, m.key),
  identifier: CASE WHEN m:Identifier THEN {kind: m.kind, value: m.value} END,
  detail: coalesce(r.role, r.kind + ': ' + r.reason, r.kind, r.basis, r.as_written), confidence: r.confidence,
  source: source
}) AS answer
