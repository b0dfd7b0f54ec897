// name: relabel_visibilities
// access: control
// summary: rewrite the audience of expressions
// params: rows: list
// returns: changed
// example: rows=$rows
// audiences: rows.visibility
UNWIND $rows AS row
MATCH (v:Visibility {id: row.visibility}) SET v.audience = row.audience
RETURN count(*) AS changed
