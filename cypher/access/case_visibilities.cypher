// name: case_visibilities
// access: control
// summary: the expressions that mention a case
// params: case: str
// returns: id, expression, digest, audience
// example: case=$case
MATCH (c:Case {id: $case})<-[:REQUIRES]-(v:Visibility)
RETURN DISTINCT v.id AS id, v.expression AS expression, v.digest AS digest, v.audience AS audience ORDER BY id
