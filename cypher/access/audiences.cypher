// name: audiences
// access: control
// summary: every interned audience; suspended: in no scope until the elements of a large case have caught up
// params: 
// returns: id, expression, suspended
// example: 
CALL () { MATCH (t:Task) UNWIND t.audiences AS id RETURN collect(DISTINCT id) AS suspended }
MATCH (a:Audience)
RETURN a.id AS id, a.expression AS expression, a.id IN suspended AS suspended
