// name: create_notices
// access: control
// summary: notices to people; one without an addressee is for the desk
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:Notice {id: row.id, kind: row.kind, at: row.at, body: row.body, desk: row.to IS NULL})
WITH n, row
OPTIONAL MATCH (u:User {id: row.to})
FOREACH (to IN CASE WHEN u IS NULL THEN [] ELSE [u] END | CREATE (n)-[:TO]->(to))
RETURN count(*) AS created
