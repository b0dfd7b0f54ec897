// name: require_caveats
// access: control
// summary: tie expressions to the caveats they mention
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (v:Visibility {id: row.visibility}) MATCH (c:Caveat {id: row.atom})
CREATE (v)-[:REQUIRES {clause: row.clause}]->(c)
RETURN count(*) AS created
