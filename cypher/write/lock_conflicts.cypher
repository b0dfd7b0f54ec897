// name: lock_conflicts
// access: control
// summary: the open conflict of each pair of sides, made if there is none, and locked
// params: rows: list, now: datetime
// returns: digest, id, sides (key, id, matches)
// example: rows=$rows, now=$now
UNWIND $rows AS row
MERGE (c:Conflict {open: row.digest})
ON CREATE SET c.id = row.id, c.at = $now
SET c.lock = 0
RETURN c.open AS digest, c.id AS id, [(c)<-[:SIDE_OF]-(s:ConflictSide) | {key: s.key, id: s.id, matches: s.matches}] AS sides
