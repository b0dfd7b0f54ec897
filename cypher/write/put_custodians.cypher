// name: put_custodians
// access: control
// summary: custodians of caveat lists
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MATCH (u:User {id: row.user}) MATCH (v:Caveat {id: row.to})
MERGE (u)-[:CUSTODIAN_OF]->(v)
RETURN count(*) AS written
