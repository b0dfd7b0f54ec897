// name: put_clearances
// access: control
// summary: dated places on caveat lists; one for each person and caveat
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MATCH (u:User {id: row.user}) MATCH (v:Caveat {id: row.to})
MERGE (u)-[c:CLEARED_FOR]->(v) SET c.from = row.starts, c.until = row.ends
RETURN count(*) AS written
