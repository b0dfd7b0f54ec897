// name: tasks
// access: control
// summary: acts of which something is left to do, oldest first
// params: 
// returns: id, kind, by, at, done
// example: 
MATCH (t:Task)
RETURN t.id AS id, t.kind AS kind, t.by AS by, t.at AS at, t.done AS done ORDER BY at, id
