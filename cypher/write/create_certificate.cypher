// name: create_certificate
// access: control
// summary: what was destroyed, when and why
// params: id: str, at: datetime, body: str
// returns: created
// example: id=$check, at=$now, body=$text
CREATE (c:Certificate {id: $id, at: $at, body: $body})
RETURN count(*) AS created
