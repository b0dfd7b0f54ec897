// name: conflict_sides
// access: control
// summary: the sides of a conflict, with whom they concern
// params: id: str
// returns: id, people, cases, side (its properties)
// example: id=$conflict
MATCH (:Conflict {id: $id})<-[:SIDE_OF]-(s:ConflictSide)
RETURN s.id AS id, [(s)-[:TO]->(u:User) | u.id] AS people, [(s)-[:OVER]->(k:Case) | k.id] AS cases, properties(s) AS side
ORDER BY id
