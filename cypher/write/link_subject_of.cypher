// name: link_subject_of
// access: control
// summary: Subject SUBJECT_OF Case
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Subject {id: row.start}) MATCH (b:Case {id: row.end})
CREATE (a)-[r:SUBJECT_OF]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
