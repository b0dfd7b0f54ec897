// name: lock_check
// access: control
// summary: lock a check and read it, if its notices are still to be written
// params: id: str
// returns: user, contact, at, reference, question
// example: id=$check
MATCH (c:Check {id: $id}) SET c.lock = 0
WITH c WHERE c.state = 'pending'
MATCH (u:User)-[:MADE]->(c)
RETURN u.id AS user, u.contact AS contact, c.at AS at, c.reference AS reference, c.question AS question
