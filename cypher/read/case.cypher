// name: case
// access: scoped
// summary: one case's own properties
// params: id: str
// returns: the properties of a case card
// example: id=$case
MATCH (c:Case {id: $id}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
RETURN c.id AS id, c.number AS number, c.title AS title, c.kind AS kind, c.category AS category, c.status AS status,
  c.opened AS opened, c.closed AS closed, c.disclosure AS disclosure, c.disclosure_until AS disclosure_until
