// name: task
// access: control
// summary: one act of which something is left to do
// params: id: str
// returns: id, kind, by, at, given, done
// example: id=$check
MATCH (t:Task {id: $id})
RETURN t.id AS id, t.kind AS kind, t.by AS by, t.at AS at, t.given AS given, t.done AS done
