// name: maker
// access: control
// summary: who made a check, or entered what it is of
// params: check: str
// returns: id, name
// example: check=$check
MATCH (u:User)-[:MADE]->(:Check {id: $check})
RETURN u.id AS id, u.name AS name
