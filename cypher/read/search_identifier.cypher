// name: search_identifier
// access: scoped
// summary: subjects that visibly have one of these identifiers
// params: keys: list, expanded: list, after_key: str, after_id: str, limit: int
// seeks: keys
// returns: id, key, kind, name, identifier_kind, value; keys are sought by label, those expanded are not: the same rows
// example: keys=$keys, expanded=$keys, after_key="", after_id="", limit=50
CALL () {
  UNWIND $keys AS key
  CALL (key) {
    MATCH (n)-[r:HAS_IDENTIFIER {key: key} WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(i)
    USING INDEX SEEK r:HAS_IDENTIFIER(key, audience) USING INDEX SEEK r:HAS_IDENTIFIER(key, visibility)
    RETURN n, i
  }
  RETURN n, i, key
  UNION
  UNWIND $expanded AS key
  MATCH (n)-[x:HAS_IDENTIFIER WHERE x.audience IN $audiences OR x.visibility IN $visibilities]->(i:Identifier {key: key})
  RETURN n, i, key
}
WITH n, i, key WHERE key > $after_key OR key = $after_key AND n.id > $after_id
WITH n, i, key ORDER BY key, n.id LIMIT $limit
RETURN n.id AS id, key, n.kind AS kind, i.kind AS identifier_kind, i.value AS value, COLLECT {
    MATCH (n)-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
    WHERE a.kind IN ['name', 'alias']
    RETURN a.value ORDER BY CASE a.kind WHEN 'name' THEN 0 ELSE 1 END, a.value, a.id LIMIT 1
  }[0] AS name
ORDER BY key, id
