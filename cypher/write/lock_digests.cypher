// name: lock_digests
// access: control
// summary: what an import's matches came to so far, for each of these; begun if it is not there
// params: rows: list
// returns: key, items
// example: rows=$rows
UNWIND $rows AS row
MERGE (d:Digest {key: row.key})
ON CREATE SET d.run = row.run, d.about = row.about, d.of = row.id, d.record = row.record, d.person = row.person, d.items = '[]'
SET d.lock = 0
RETURN d.key AS key, d.items AS items
