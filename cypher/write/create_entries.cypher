// name: create_entries
// access: control
// summary: Entry records, labels computed by the writer
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
CREATE (n:Entry) SET n = $common, n += row.properties
RETURN count(*) AS created
