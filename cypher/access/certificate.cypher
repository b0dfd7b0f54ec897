// name: certificate
// access: control
// summary: a certificate of destruction
// params: id: str
// returns: body
// example: id=$check
MATCH (c:Certificate {id: $id})
RETURN c.body AS body
