// name: create_events
// access: control
// summary: Event records, labels computed by the writer
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
UNWIND $rows AS row
CREATE (n:Event) SET n = $common, n += row.properties
RETURN count(*) AS created
