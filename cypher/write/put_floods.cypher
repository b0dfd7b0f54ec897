// name: put_floods
// access: control
// summary: what was asked at one moment of keys that many hold, added to what else is asked of them that day; of who asked more than once, what they asked last
// params: run: str, at: datetime, due: datetime, asked_at: datetime, rows: list
// returns: id
// example: run=$text, at=$now, due=$now, asked_at=$now, rows=$floods
UNWIND $rows AS row
MERGE (f:Flood {run: $run, key: row.key}) ON CREATE SET f.id = row.id, f.kind = row.kind, f.at = $at, f.due = $due, f.who = [], f.asked = [], f.moments = []
SET f.lock = 0
// Two workers come to two checks in whatever order.
WITH f, row, [at IN range(0, size(f.who) - 1) WHERE NOT f.who[at] IN row.who OR coalesce(f.moments[at] > $asked_at, false)] AS kept
WITH f, row, kept, [at IN range(0, size(row.who) - 1) WHERE NOT row.who[at] IN [one IN kept | f.who[one]]] AS new
SET f.asked = [at IN kept | f.asked[at]] + [at IN new | row.asked[at]],
  f.moments = [at IN kept | coalesce(f.moments[at], f.at)] + [at IN new | $asked_at],
  f.who = [at IN kept | f.who[at]] + [at IN new | row.who[at]]
REMOVE f.lock
RETURN f.id AS id
