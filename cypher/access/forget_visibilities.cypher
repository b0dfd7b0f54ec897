// name: forget_visibilities
// access: control
// summary: drop the expressions that name a case which ends; nothing but the case carries one
// params: case: str
// returns: id
// example: case=$case
MATCH (c:Case {id: $case})<-[:REQUIRES]-(v:Visibility)
WITH DISTINCT v, v.id AS id
DETACH DELETE v
RETURN id
