// name: put_digests
// access: control
// summary: what an import's matches come to now, for each of these
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MATCH (d:Digest {key: row.key}) SET d.items = row.items REMOVE d.lock
RETURN count(*) AS written
