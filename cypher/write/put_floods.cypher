// name: put_floods
// access: control
// summary: what was asked of keys that many hold, added to what else is asked of them that day
// params: run: str, rows: list
// returns: id
// example: run=$text, rows=$floods
UNWIND $rows AS row
MERGE (f:Flood {run: $run, key: row.key}) ON CREATE SET f.id = row.id, f.kind = row.kind, f.asked = []
SET f.lock = 0
WITH f, row
SET f.asked = f.asked + [one IN row.asked WHERE NOT one IN f.asked] REMOVE f.lock
RETURN f.id AS id
