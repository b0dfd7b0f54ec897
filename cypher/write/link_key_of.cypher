// name: link_key_of
// access: control
// summary: NameKey KEY_OF Attribute
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
MATCH (a:NameKey {id: row.start}) MATCH (b:Attribute {id: row.end})
CREATE (a)-[r:KEY_OF]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
