// name: drop_custodians
// access: control
// summary: people who are custodians no longer
// params: rows: list
// returns: dropped
// example: rows=$rows
UNWIND $rows AS row
MATCH (u:User {id: row.user})-[c:CUSTODIAN_OF]->(v:Caveat {id: row.to})
DELETE c
RETURN count(*) AS dropped
