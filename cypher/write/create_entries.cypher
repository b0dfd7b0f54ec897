// name: create_entries
// access: control
// summary: Entry records, labels computed by the writer
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:Entry) SET n = row.properties
RETURN count(*) AS created
