// name: normalised_by_others
// access: control
// summary: a page of the relationships whose key another normaliser made
// params: normaliser: str, after: str, page: int
// returns: what, id, key, as_written, region, postcode
// example: normaliser=$text, after=$after, page=$limit
CALL () {
  MATCH ()-[r:HAS_IDENTIFIER]->(:Identifier) WHERE r.id > $after AND r.normaliser <> $normaliser RETURN 'HAS_IDENTIFIER' AS what, r ORDER BY r.id LIMIT $page
  UNION ALL MATCH ()-[r:MENTIONS]->(:Identifier) WHERE r.id > $after AND r.normaliser <> $normaliser RETURN 'MENTIONS' AS what, r ORDER BY r.id LIMIT $page
  UNION ALL MATCH ()-[r:AT]->(:Identifier) WHERE r.id > $after AND r.normaliser <> $normaliser RETURN 'AT' AS what, r ORDER BY r.id LIMIT $page
}
RETURN what, r.id AS id, r.key AS key, r.as_written AS as_written, r.region AS region, r.postcode AS postcode
ORDER BY id LIMIT $page
