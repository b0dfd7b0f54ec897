// name: create_documents
// access: control
// summary: Document records, labels computed by the writer
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:Document) SET n = row.properties
RETURN count(*) AS created
