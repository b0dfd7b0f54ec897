// name: create_attributes
// access: control
// summary: Attribute records, labels computed by the writer
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:Attribute) SET n = row.properties
RETURN count(*) AS created
