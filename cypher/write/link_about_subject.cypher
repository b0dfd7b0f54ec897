// name: link_about_subject
// access: control
// summary: Entry ABOUT Subject
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
MATCH (a:Entry {id: row.start}) MATCH (b:Subject {id: row.end})
CREATE (a)-[r:ABOUT]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
