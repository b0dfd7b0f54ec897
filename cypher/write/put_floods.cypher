// name: put_floods
// access: control
// summary: what was asked of keys that many hold, added to what else is asked of them that day; of who asked before, what is asked now
// params: run: str, at: datetime, due: datetime, rows: list
// returns: id
// example: run=$text, at=$now, due=$now, rows=$floods
UNWIND $rows AS row
MERGE (f:Flood {run: $run, key: row.key}) ON CREATE SET f.id = row.id, f.kind = row.kind, f.at = $at, f.due = $due, f.who = [], f.asked = []
SET f.lock = 0
WITH f, row, [at IN range(0, size(f.who) - 1) WHERE NOT f.who[at] IN row.who] AS kept
SET f.asked = [at IN kept | f.asked[at]] + row.asked, f.who = [at IN kept | f.who[at]] + row.who REMOVE f.lock
RETURN f.id AS id
