// name: steps
// access: scoped
// summary: one layer of a walk, from records by id and identifiers by key
// params: nodes: list, types: list, most: int
// returns: node, over (more than $most visible relationships of these types), others (then none)
// example: nodes=$nodes, types=["HAS_IDENTIFIER","LINKED_TO","SAME_AS","INVOLVED_IN","SUBJECT_OF","MENTIONS","AT"], most=200
UNWIND $nodes AS node
CALL (node) {
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
CALL (n) {
  MATCH (n)-[r:HAS_IDENTIFIER|LINKED_TO|SAME_AS|INVOLVED_IN|SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|AT|RELATED_TO
    WHERE (r.audience IN $audiences OR r.visibility IN $visibilities) AND type(r) IN $types]-(m)
  RETURN coalesce(m.id, m.key) AS other LIMIT $most + 1
}
WITH node, collect(other) AS others
RETURN node, size(others) > $most AS over, CASE WHEN size(others) > $most THEN [] ELSE others END AS others
