// name: link_mentions_subject
// access: control
// summary: Document MENTIONS Subject
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Document {id: row.start}) MATCH (b:Subject {id: row.end})
CREATE (a)-[r:MENTIONS]->(b) SET r = $common, r += row.properties
RETURN count(*) AS created
