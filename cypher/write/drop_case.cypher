// name: drop_case
// access: control
// summary: take a case out of the graph for good, with the notices about it, what was to leave for them, and sides of conflicts; receipts keep its id
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
CALL (o) { MATCH (d:Digest {of: o.id}) DELETE d }
CALL (o) { MATCH (s:ConflictSide)-[:OVER]->(o) WHERE NOT EXISTS { (s)-[:OVER]->(k:Case) WHERE k <> o } DETACH DELETE s }
DETACH DELETE o
RETURN count(*) AS dropped
