// name: merge_case
// access: control
// summary: end a case that another takes over, with its assignments; receipts keep its id, and are the other's from then on, as what the desk has to do is
// params: case: str, into: str
// returns: merged
// example: case=$case, into=$other_case
// links: case
MATCH (o:Case {id: $case}) MATCH (n:Case {id: $into})
CALL (o, n) { MATCH (k:Check)-[a:ATTACHED_TO]->(o) SET k.case = coalesce(k.case, o.id)
  DELETE a CREATE (k)-[:ATTACHED_TO]->(n) }
CALL (o, n) { MATCH (s:ConflictSide)-[v:OVER]->(o) DELETE v MERGE (s)-[:OVER]->(n) }
CALL (o, n) { MATCH (d:Digest {about: 'matter'}) WHERE d.items CONTAINS o.id SET d.items = replace(d.items, o.id, n.id) }
CALL (o, n) { MATCH (m:Matter) WHERE m.state <> 'done' AND (m.asking CONTAINS o.id OR m.holding CONTAINS o.id)
  SET m.asking = replace(m.asking, o.id, n.id), m.holding = replace(m.holding, o.id, n.id) }
CALL (o, n) {
  MATCH (u:User)-[a:ASSIGNED_TO]->(o)
  WITH u, n, a, properties(a) AS said
  DELETE a CREATE (u)-[b:ASSIGNED_TO]->(n) SET b = said, b.agent = false
}
DETACH DELETE o
RETURN count(*) AS merged
