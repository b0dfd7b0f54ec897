// name: tell_names
// access: control
// summary: a page of the keys of names, by id, says the name and of what it is the name, and is tied to its spelling; the last id, none after the last page
// params: after: str, page: int
// returns: last
// example: after="", page=$limit
MATCH (k:NameKey) WHERE k.id > $after
WITH k ORDER BY k.id LIMIT $page
OPTIONAL MATCH (k)-[:KEY_OF]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(s:Subject)
SET k.name = a.value, k.kind = s.kind REMOVE k.spelling
WITH k, a.value AS name, s.kind AS kind ORDER BY k.key, kind, name  // as every writer merges them
FOREACH (spelled IN CASE WHEN k.key STARTS WITH 'w:' AND size(name) <= 1000 THEN [name] ELSE [] END |
  MERGE (p:Spelling {key: k.key, kind: kind, name: spelled}) MERGE (k)-[:SPELLED]->(p))
RETURN max(k.id) AS last
