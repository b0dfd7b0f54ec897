// name: granted_visibilities
// access: control
// summary: expressions that mention a case held directly and that no audience of the person covers
// params: cases: list, led: list, covered: list
// returns: id, expression
// example: cases=$cases, led=$units, covered=$labels
CALL () {
  MATCH (c:Case) WHERE c.id IN $cases RETURN c
  UNION
  MATCH (t:Unit)<-[:OF]-(c:Case) WHERE t.id IN $led AND NOT c.closed_to_leaders RETURN c
}
MATCH (c)<-[:REQUIRES]-(v:Visibility) WHERE NOT v.audience IN $covered
RETURN DISTINCT v.id AS id, v.expression AS expression
