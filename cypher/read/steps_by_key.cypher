// name: steps_by_key
// access: scoped
// summary: one layer of a walk from identifiers, as seeks that do not touch what is hidden
// params: nodes: list, types: list, most: int
// seeks: nodes
// returns: the same rows as steps
// example: nodes=$keys, types=["HAS_IDENTIFIER","LINKED_TO","SAME_AS","INVOLVED_IN","SUBJECT_OF","MENTIONS","AT"], most=200
UNWIND $nodes AS node
CALL (node) {
  CALL (node) {
    MATCH (m)-[r:HAS_IDENTIFIER {key: node} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->()
    USING INDEX SEEK r:HAS_IDENTIFIER(key, audience) USING INDEX SEEK r:HAS_IDENTIFIER(key, visibility)
    WHERE 'HAS_IDENTIFIER' IN $types
    RETURN m
    UNION ALL
    MATCH (m)-[r:MENTIONS {key: node} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->()
    USING INDEX SEEK r:MENTIONS(key, audience) USING INDEX SEEK r:MENTIONS(key, visibility)
    WHERE 'MENTIONS' IN $types
    RETURN m
    UNION ALL
    MATCH (m)-[r:AT {key: node} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->()
    USING INDEX SEEK r:AT(key, audience) USING INDEX SEEK r:AT(key, visibility)
    WHERE 'AT' IN $types
    RETURN m
  }
  RETURN m.id AS other LIMIT $most + 1
}
WITH node, collect(other) AS others
RETURN node, size(others) > $most AS over, CASE WHEN size(others) > $most THEN [] ELSE others END AS others
