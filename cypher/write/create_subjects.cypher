// name: create_subjects
// access: control
// summary: Subject records, labels computed by the writer
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:Subject) SET n = row.properties
SET n:$(row.kind)
RETURN count(*) AS created
