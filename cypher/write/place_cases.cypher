// name: place_cases
// access: control
// summary: each new case belongs to its unit
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (c:Case {id: row.case}) MATCH (t:Unit {id: row.unit})
CREATE (c)-[:OF]->(t)
RETURN count(*) AS created
