// name: link_key_of
// access: control
// summary: NameKey KEY_OF Attribute
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (a:NameKey {id: row.start}) MATCH (b:Attribute {id: row.end})
CREATE (a)-[r:KEY_OF]->(b) SET r = row.properties
RETURN count(*) AS created
