// name: link_key_of
// access: control
// summary: NameKey KEY_OF Attribute; the key says the name itself, and of what it is the name, so that who reads thousands need not go there; one of a word says it in an index too, which holds no long texts
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
MATCH (a:NameKey {id: row.start}) MATCH (b:Attribute {id: row.end})
MATCH (b)<-[:HAS_ATTRIBUTE]-(s:Subject)
CREATE (a)-[r:KEY_OF]->(b) SET r = $common, r += row.properties, a.name = b.value, a.kind = s.kind,
  a.spelling = CASE WHEN a.key STARTS WITH 'w:' AND size(b.value) <= 1000 THEN b.value END
RETURN count(*) AS created
