// name: put_sides
// access: control
// summary: change sides of conflicts, and add to whom and what of theirs they concern
// params: rows: list
// returns: changed
// example: rows=$rows
UNWIND $rows AS row
MATCH (s:ConflictSide {id: row.id})
SET s += row.changes
WITH s, row
CALL (s, row) { MATCH (u:User) WHERE u.id IN row.people MERGE (s)-[t:TO]->(u) ON CREATE SET t.leader = row.leader }
CALL (s, row) { MATCH (k:Case) WHERE k.id IN row.cases MERGE (s)-[:OVER]->(k) }
RETURN count(*) AS changed
