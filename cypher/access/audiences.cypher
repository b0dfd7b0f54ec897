// name: audiences
// access: control
// summary: every interned audience
// params: 
// returns: id, expression
// example: 
MATCH (a:Audience)
RETURN a.id AS id, a.expression AS expression
