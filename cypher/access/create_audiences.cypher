// name: create_audiences
// access: control
// summary: intern audiences
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (:Audience {id: row.id, digest: row.digest, expression: row.expression})
RETURN count(*) AS created
