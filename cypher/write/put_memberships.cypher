// name: put_memberships
// access: control
// summary: dated memberships with or without sight; one for each person and unit
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MATCH (u:User {id: row.user}) MATCH (t:Unit {id: row.to})
MERGE (u)-[m:MEMBER_OF]->(t) SET m.sight = row.sight, m.from = row.starts, m.until = row.ends
RETURN count(*) AS written
