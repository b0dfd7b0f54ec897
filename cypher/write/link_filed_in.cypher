// name: link_filed_in
// access: control
// summary: Document FILED_IN Case
// params: rows: list
// returns: created
// example: rows=$rows
// links: rows.start
UNWIND $rows AS row
MATCH (a:Document {id: row.start}) MATCH (b:Case {id: row.end})
CREATE (a)-[r:FILED_IN]->(b) SET r = row.properties
RETURN count(*) AS created
