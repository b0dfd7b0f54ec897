// name: create_name_keys
// access: control
// summary: NameKey records, labels computed by the writer
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
CREATE (n:NameKey) SET n = $common, n += row.properties
RETURN count(*) AS created
