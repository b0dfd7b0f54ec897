// name: check_visibilities
// access: control
// summary: a page of expressions, by id, with the openness of their cases
// params: after: int, page: int
// returns: id, expression, digest, audience, formula, formula_digest, cases, caveats
// example: after=$one, page=$limit
MATCH (v:Visibility) WHERE v.id > $after
WITH v ORDER BY v.id LIMIT $page
OPTIONAL MATCH (f:Audience {id: v.audience})
RETURN v.id AS id, v.expression AS expression, v.digest AS digest, v.audience AS audience,
  f.expression AS formula, f.digest AS formula_digest,
  COLLECT { MATCH (v)-[:REQUIRES]->(c:Case) WITH DISTINCT c
    RETURN {id: c.id, open_to: COLLECT { MATCH (c)-[:OPEN_TO]->(t:Unit) RETURN t.id }} } AS cases,
  COLLECT { MATCH (v)-[:REQUIRES]->(c:Caveat) RETURN DISTINCT c.id } AS caveats
ORDER BY id
