// name: link_same_as
// access: control
// summary: Subject SAME_AS Subject
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Subject {id: row.start}) MATCH (b:Subject {id: row.end})
CREATE (a)-[r:SAME_AS]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
