// name: link_involved_in
// access: control
// summary: Subject INVOLVED_IN Event
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Subject {id: row.start}) MATCH (b:Event {id: row.end})
CREATE (a)-[r:INVOLVED_IN]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
