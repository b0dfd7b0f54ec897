// name: create_name_keys
// access: control
// summary: NameKey records, labels computed by the writer
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:NameKey) SET n = row.properties
RETURN count(*) AS created
