// name: leave_conflict
// access: control
// summary: a conflict makes room for a new one: one of its sides is no more
// params: id: str
// returns: left
// example: id=$conflict
MATCH (c:Conflict {id: $id}) REMOVE c.open
RETURN count(*) AS left
