// name: postpone_flood
// access: control
// summary: try again later to tell who holds a key that many hold
// params: id: str, due: datetime
// returns: id
// example: id=$text, due=$now
MATCH (f:Flood {id: $id}) SET f.due = $due
RETURN f.id AS id
