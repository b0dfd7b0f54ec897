// name: drop_case
// access: control
// summary: take a case out of the graph for good, and the notices about it with what was to leave for them; receipts keep its id
// params: case: str
// returns: dropped
// example: case=$case
// links: case
MATCH (o:Case {id: $case})
CALL (o) { MATCH (k:Check)-[a:ATTACHED_TO]->(o) SET k.case = coalesce(k.case, o.id) DELETE a }
CALL (o) {
  MATCH (n:Notice) WHERE n.body CONTAINS o.id
  OPTIONAL MATCH (d:Delivery)-[:SENDS]->(n)
  DETACH DELETE d, n
}
DETACH DELETE o
RETURN count(*) AS dropped
