// name: create_matters
// access: control
// summary: matters for the coordination desk
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (m:Matter) SET m = row
RETURN count(*) AS created
