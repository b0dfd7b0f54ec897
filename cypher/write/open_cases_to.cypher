// name: open_cases_to
// access: control
// summary: cases open to units
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
MATCH (c:Case {id: row.case}) MATCH (t:Unit {id: row.unit})
CREATE (c)-[:OPEN_TO]->(t)
RETURN count(*) AS created
