// name: case_titles
// access: scoped
// summary: numbers and titles of visible cases
// params: ids: list
// returns: id, number, title
// example: ids=$cases
UNWIND $ids AS id
MATCH (c:Case {id: id}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
RETURN c.id AS id, c.number AS number, c.title AS title ORDER BY number, id
