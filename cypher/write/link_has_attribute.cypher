// name: link_has_attribute
// access: control
// summary: Subject HAS_ATTRIBUTE Attribute
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
MATCH (a:Subject {id: row.start}) MATCH (b:Attribute {id: row.end})
CREATE (a)-[r:HAS_ATTRIBUTE]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
