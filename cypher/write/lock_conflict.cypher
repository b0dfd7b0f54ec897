// name: lock_conflict
// access: control
// summary: lock a conflict by one of its sides
// params: side: str
// returns: id
// example: side=$side
MATCH (:ConflictSide {id: $side})-[:SIDE_OF]->(c:Conflict) SET c.lock = 0
RETURN c.id AS id
