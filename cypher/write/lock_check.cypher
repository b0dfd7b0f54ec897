// name: lock_check
// access: control
// summary: lock a check and read it, if its notices are still to be written
// params: id: str
// returns: user, contact (of whose match it is), its properties; registration, if the check stays and stands now, and what it is
// example: id=$check
MATCH (c:Check {id: $id}) SET c.lock = 0
WITH c WHERE c.state = 'pending'
OPTIONAL MATCH (maker:User)-[:MADE]->(c)
OPTIONAL MATCH (other:User {id: coalesce(c.on_behalf_of, c.entered_by)})
OPTIONAL MATCH (r:Registration {id: c.registration}) WHERE r.expires_at > datetime.realtime()
WITH c, coalesce(other, maker) AS u, r
RETURN u.id AS user, u.contact AS contact, r.id AS registration, r {.mode, .reference, .sought, .added, .edits} AS entry, properties(c) AS check
