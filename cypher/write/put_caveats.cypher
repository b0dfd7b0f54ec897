// name: put_caveats
// access: control
// summary: caveats, made or changed
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MERGE (v:Caveat {id: row.id}) SET v.name = row.name, v.kind = row.kind
RETURN count(*) AS written
