// name: require_cases
// access: control
// summary: tie expressions to the cases they mention
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (v:Visibility {id: row.visibility}) MATCH (c:Case {id: row.atom})
CREATE (v)-[:REQUIRES {clause: row.clause}]->(c)
RETURN count(*) AS created
