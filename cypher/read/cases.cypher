// name: cases
// access: scoped
// summary: the cases one sees, by number
// params: after_number: str, after_id: str, limit: int
// returns: the properties of a case card
// example: after_number="", after_id="", limit=50
MATCH (c:Case) USING INDEX SEEK c:Case(audience) USING INDEX SEEK c:Case(visibility)
WHERE (c.audience IN $audiences OR c.visibility IN $visibilities)
  AND (c.number > $after_number OR c.number = $after_number AND c.id > $after_id)
RETURN c.id AS id, c.number AS number, c.title AS title, c.kind AS kind, c.category AS category, c.status AS status,
  c.opened AS opened, c.closed AS closed, c.disclosure AS disclosure, c.disclosure_until AS disclosure_until
ORDER BY number, id LIMIT $limit
