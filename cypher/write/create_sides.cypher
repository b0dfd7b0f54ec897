// name: create_sides
// access: control
// summary: sides of conflicts, with whom and what of theirs they concern
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (c:Conflict {id: row.conflict})
CREATE (s:ConflictSide)-[:SIDE_OF]->(c) SET s = row.properties
WITH s, row
CALL (s, row) { MATCH (u:User) WHERE u.id IN row.people CREATE (s)-[:TO]->(u) }
CALL (s, row) { MATCH (k:Case) WHERE k.id IN row.cases CREATE (s)-[:OVER]->(k) }
RETURN count(*) AS created
