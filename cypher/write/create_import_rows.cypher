// name: create_import_rows
// access: control
// summary: marks of imported rows, in the transaction that writes what they say
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS digest
CREATE (:ImportRow {digest: digest})
RETURN count(*) AS created
