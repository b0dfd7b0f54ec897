// name: assign
// access: control
// summary: dated assignments of people to cases
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (u:User {id: row.user}) MATCH (c:Case {id: row.case})
CREATE (u)-[:ASSIGNED_TO {id: row.id, functions: row.functions, agent: row.agent, from: row.starts, until: row.ends}]->(c)
RETURN count(*) AS created
