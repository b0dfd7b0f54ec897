// name: create_documents
// access: control
// summary: Document records, labels computed by the writer
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
CREATE (n:Document) SET n = $common, n += row.properties
RETURN count(*) AS created
