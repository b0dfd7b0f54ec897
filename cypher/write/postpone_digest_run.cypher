// name: postpone_digest_run
// access: control
// summary: try again later to tell everybody what a run came to
// params: id: str, due: datetime
// returns: id
// example: id=$text, due=$now
MATCH (n:DigestRun {id: $id}) SET n.due = $due
RETURN n.id AS id
