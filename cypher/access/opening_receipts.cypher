// name: opening_receipts
// access: control
// summary: the receipts that a case was opened with; asked only for its leaders and its agent, after a scoped read has shown it
// params: case: str
// returns: receipt, by, name, result, at, expires
// example: case=$case
MATCH (u:User)-[:MADE]->(c:Check)-[:ATTACHED_TO]->(:Case {id: $case})
RETURN c.receipt AS receipt, u.id AS by, u.name AS name, c.result AS result, c.at AS at, c.expires AS expires
ORDER BY at, receipt
