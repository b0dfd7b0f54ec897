// name: drop_canary
// access: control
// summary: end a canary
// params: id: str
// returns: id
// example: id=$text
MATCH (c:Canary {id: $id})
WITH c, c.id AS id
DELETE c
RETURN id
