// name: sees_case
// access: scoped
// summary: whether the person sees this case
// params: id: str
// returns: id
// example: id=$case
MATCH (c:Case {id: $id}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
RETURN c.id AS id
