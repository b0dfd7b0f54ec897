// name: attach_receipt
// access: control
// summary: a check's receipt is used for the case it opened
// params: check: str, case: str
// returns: attached
// example: check=$check, case=$case
MATCH (c:Check {id: $check}) MATCH (k:Case {id: $case})
CREATE (c)-[:ATTACHED_TO]->(k)
RETURN count(*) AS attached
