// name: supersede_conflict
// access: control
// summary: a conflict that only one side knew of makes room for one that both know of
// params: id: str, other: str, now: datetime
// returns: id
// example: id=$conflict, other=$notice, now=$now
MATCH (c:Conflict {id: $id})
WITH c, c.open AS digest
REMOVE c.open
CREATE (n:Conflict {id: $other, at: $now, open: digest, lock: 0})
RETURN n.id AS id
