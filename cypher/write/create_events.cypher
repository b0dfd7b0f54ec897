// name: create_events
// access: control
// summary: Event records, labels computed by the writer
// params: rows: list
// returns: created
// example: rows=$rows
UNWIND $rows AS row
CREATE (n:Event) SET n = row.properties
RETURN count(*) AS created
