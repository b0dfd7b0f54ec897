// name: put_notice_bodies
// access: control
// summary: what these notices say from now on
// params: rows: list
// returns: written
// example: rows=$bodies
UNWIND $rows AS row
MATCH (n:Notice {id: row.id}) SET n.body = row.body
RETURN count(*) AS written
