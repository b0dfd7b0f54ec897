// name: link_part_of
// access: control
// summary: Event PART_OF Case
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Event {id: row.start}) MATCH (b:Case {id: row.end})
CREATE (a)-[r:PART_OF]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
