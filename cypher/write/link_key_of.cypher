// name: link_key_of
// access: control
// summary: NameKey KEY_OF Attribute; the key says the name itself, and of what it is the name, so that who reads thousands need not go there; one of a word is tied to its spelling, which all have who are called so; an index of long texts cannot be
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
MATCH (a:NameKey {id: row.start}) MATCH (b:Attribute {id: row.end})
MATCH (b)<-[:HAS_ATTRIBUTE]-(s:Subject)
CREATE (a)-[r:KEY_OF]->(b) SET r = $common, r += row.properties, a.name = b.value, a.kind = s.kind
WITH a, b.value AS name, s.kind AS kind ORDER BY a.key, kind, name  // as every writer merges them
FOREACH (spelled IN CASE WHEN a.key STARTS WITH 'w:' AND size(name) <= 1000 THEN [name] ELSE [] END |
  MERGE (p:Spelling {key: a.key, kind: kind, name: spelled}) CREATE (a)-[:SPELLED]->(p))
RETURN count(*) AS created
