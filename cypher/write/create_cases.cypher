// name: create_cases
// access: control
// summary: Case records, labels computed by the writer
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:Case) SET n = row.properties
RETURN count(*) AS created
