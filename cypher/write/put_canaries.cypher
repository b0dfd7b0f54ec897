// name: put_canaries
// access: control
// summary: canaries, each once, by keyed digests; those that were not there yet
// params: rows: list
// returns: id
// example: rows=$rows
UNWIND $rows AS row
MERGE (c:Canary {digest: row.digest})
ON CREATE SET c.id = row.id, c.kind = row.kind, c.note = row.note, c.at = row.at
WITH c, row WHERE c.id = row.id
RETURN c.id AS id
