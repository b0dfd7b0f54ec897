// name: close_case_to_all
// access: control
// summary: a case open to nobody by unit
// params: case: str
// returns: case
// example: case=$case
MATCH (c:Case {id: $case})
OPTIONAL MATCH (c)-[o:OPEN_TO]->(:Unit)
DELETE o
RETURN DISTINCT c.id AS case
