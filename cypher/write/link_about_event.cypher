// name: link_about_event
// access: control
// summary: Entry ABOUT Event
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
MATCH (a:Entry {id: row.start}) MATCH (b:Event {id: row.end})
CREATE (a)-[r:ABOUT]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
