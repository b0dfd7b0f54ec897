// name: put_leads
// access: control
// summary: dated leads; one for each person and unit
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MATCH (u:User {id: row.user}) MATCH (t:Unit {id: row.to})
MERGE (u)-[l:LEADS]->(t) SET l.from = row.starts, l.until = row.ends
RETURN count(*) AS written
