// name: create_attributes
// access: control
// summary: Attribute records, labels computed by the writer
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
CREATE (n:Attribute) SET n = $common, n += row.properties
RETURN count(*) AS created
