// name: audiences
// access: control
// summary: every interned audience, in columns; suspended: in no scope until the elements of a large case have caught up
// params: 
// returns: ids, expressions, suspended
// example: 
CALL () { MATCH (t:Task) UNWIND t.audiences AS id RETURN collect(DISTINCT id) AS suspended }
CALL () { MATCH (a:Audience) RETURN collect(a.id) AS ids, collect(a.expression) AS expressions }
RETURN ids, expressions, suspended
