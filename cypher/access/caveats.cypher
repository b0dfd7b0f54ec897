// name: caveats
// access: control
// summary: every caveat
// params: 
// returns: id, name, kind
// example: 
MATCH (v:Caveat)
RETURN v.id AS id, v.name AS name, v.kind AS kind
