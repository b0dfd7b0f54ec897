// name: postpone_delivery
// access: control
// summary: one did not leave and is due later, or not at all; nothing if another has taken it since
// params: id: str, taken: datetime, due: datetime, dead: bool, problem: str
// returns: id
// example: id=$notice, taken=$now, due=$now, dead=$true, problem=$text
MATCH (d:Delivery {id: $id}) SET d.lock = 0
WITH d WHERE d.due = $taken
SET d.due = $due, d.tries = d.tries + 1, d.dead = $dead, d.problem = $problem
REMOVE d.lock
RETURN d.id AS id
