// name: tell_names
// access: control
// summary: a page of the keys of names, by id, says the name and of what it is the name; the last id, none after the last page
// params: after: str, page: int
// returns: last
// example: after="", page=$limit
MATCH (k:NameKey) WHERE k.id > $after
WITH k ORDER BY k.id LIMIT $page
OPTIONAL MATCH (k)-[:KEY_OF]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(s:Subject)
SET k.name = a.value, k.kind = s.kind, k.spelling = CASE WHEN k.key STARTS WITH 'w:' AND size(a.value) <= 1000 THEN a.value END
RETURN max(k.id) AS last
