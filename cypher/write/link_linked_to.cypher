// name: link_linked_to
// access: control
// summary: Subject LINKED_TO Subject
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Subject {id: row.start}) MATCH (b:Subject {id: row.end})
CREATE (a)-[r:LINKED_TO]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
