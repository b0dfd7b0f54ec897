// name: link_related_to
// access: control
// summary: Case RELATED_TO Case
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Case {id: row.start}) MATCH (b:Case {id: row.end})
CREATE (a)-[r:RELATED_TO]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
