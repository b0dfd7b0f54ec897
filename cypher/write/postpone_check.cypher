// name: postpone_check
// access: control
// summary: try a check's notices again later
// params: id: str, due: datetime
// returns: id
// example: id=$check, due=$now
MATCH (c:Check {id: $id}) USING INDEX c:Check(id) WHERE c.state = 'pending' SET c.due = $due
RETURN c.id AS id
