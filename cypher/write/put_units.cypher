// name: put_units
// access: control
// summary: units, made or renamed
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MERGE (t:Unit {id: row.id}) SET t.name = row.name
RETURN count(*) AS written
