// name: link_about_event
// access: control
// summary: Entry ABOUT Event
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (a:Entry {id: row.start}) MATCH (b:Event {id: row.end})
CREATE (a)-[r:ABOUT]->(b) SET r = row.properties
RETURN count(*) AS created
