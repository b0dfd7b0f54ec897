// name: canaries
// access: control
// summary: all canaries, oldest first
// params: 
// returns: id, kind, note, at
// example: 
MATCH (c:Canary)
RETURN c.id AS id, c.kind AS kind, c.note AS note, c.at AS at ORDER BY at, id
