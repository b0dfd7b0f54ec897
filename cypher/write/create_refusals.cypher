// name: create_refusals
// access: control
// summary: rows of an upload that were not written, and why
// params: id: str, rows: list
// returns: created
// example: id=$job, rows=$rows
MATCH (j:Job {id: $id})
UNWIND $rows AS row
CREATE (j)-[:REFUSED]->(r:Refusal) SET r = row
RETURN count(*) AS created
