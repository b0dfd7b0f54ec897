// name: put_unit_parents
// access: control
// summary: put each unit under another, or under none
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MATCH (t:Unit {id: row.id})
CALL (t) { MATCH (t)-[r:PART_OF]->(:Unit) DELETE r }
CALL (t, row) { MATCH (p:Unit {id: row.parent}) CREATE (t)-[:PART_OF]->(p) }
RETURN count(*) AS written
