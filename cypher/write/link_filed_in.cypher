// name: link_filed_in
// access: control
// summary: Document FILED_IN Case
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Document {id: row.start}) MATCH (b:Case {id: row.end})
CREATE (a)-[r:FILED_IN]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
