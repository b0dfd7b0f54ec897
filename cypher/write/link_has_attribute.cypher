// name: link_has_attribute
// access: control
// summary: Subject HAS_ATTRIBUTE Attribute
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (a:Subject {id: row.start}) MATCH (b:Attribute {id: row.end})
CREATE (a)-[r:HAS_ATTRIBUTE]->(b) SET r = row.properties
RETURN count(*) AS created
