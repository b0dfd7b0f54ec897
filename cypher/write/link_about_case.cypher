// name: link_about_case
// access: control
// summary: Entry ABOUT Case
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (a:Entry {id: row.start}) MATCH (b:Case {id: row.end})
CREATE (a)-[r:ABOUT]->(b) SET r = row.properties
RETURN count(*) AS created
