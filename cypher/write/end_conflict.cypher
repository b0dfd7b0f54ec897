// name: end_conflict
// access: control
// summary: a conflict whose sides are all resolved makes room for a new one
// params: id: str
// returns: ended
// example: id=$conflict
MATCH (c:Conflict {id: $id})
WHERE NOT EXISTS { (c)<-[:SIDE_OF]-(s:ConflictSide) WHERE s.state <> 'resolved' }
REMOVE c.open
RETURN count(*) AS ended
