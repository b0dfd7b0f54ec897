// name: ends_in
// access: control
// summary: which of these records have which relationships into a case
// params: case: str, starts: list
// returns: what, start
// example: case=$case, starts=$records
MATCH (n)-[r:SUBJECT_OF|FILED_IN|PART_OF|ABOUT|RELATED_TO]->(:Case {id: $case}) WHERE n.id IN $starts
RETURN DISTINCT type(r) AS what, n.id AS start
