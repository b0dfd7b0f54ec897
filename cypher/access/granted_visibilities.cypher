// name: granted_visibilities
// access: control
// summary: cases held directly, and the expressions that mention one and that no audience of the person covers, in columns
// params: cases: list, led: list, covered: list
// returns: held, ids, expressions
// example: cases=$cases, led=$units, covered=$labels
CALL () {
  MATCH (c:Case) WHERE c.id IN $cases RETURN c
  UNION
  MATCH (t:Unit)<-[:OF]-(c:Case) WHERE t.id IN $led AND NOT c.closed_to_leaders RETURN c
}
WITH collect(c) AS cases
CALL (cases) {
  UNWIND cases AS c
  MATCH (c)<-[:REQUIRES]-(v:Visibility) WHERE NOT v.audience IN $covered
  WITH DISTINCT v
  RETURN collect(v.id) AS ids, collect(v.expression) AS expressions
}
RETURN [c IN cases | c.id] AS held, ids, expressions
