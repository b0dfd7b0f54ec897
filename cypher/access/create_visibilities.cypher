// name: create_visibilities
// access: control
// summary: intern expressions
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (:Visibility {id: row.id, digest: row.digest, expression: row.expression, audience: row.audience, lock: 0})
RETURN count(*) AS created
