// name: checks_of_case
// access: control
// summary: the acts, as the audit numbers them, of the checks that were made for a case
// params: case: str
// returns: act
// example: case=$case
MATCH (c:Check)-[:ATTACHED_TO]->(:Case {id: $case}) WHERE c.act IS NOT NULL
RETURN c.act AS act ORDER BY act
