// name: create_subjects
// access: control
// summary: Subject records, labels computed by the writer
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
CREATE (n:Subject) SET n = $common, n += row.properties
SET n:$(row.kind)
RETURN count(*) AS created
