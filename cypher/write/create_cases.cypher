// name: create_cases
// access: control
// summary: Case records, labels computed by the writer
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
CREATE (n:Case) SET n = $common, n += row.properties
RETURN count(*) AS created
