// name: put_matter
// access: control
// summary: a matter's state after a step, the line of what was done, and whom the desk asked
// params: id: str, state: str, line: str, asked: list
// returns: changed
// example: id=$matter, state=$key, line=$key, asked=$users
MATCH (m:Matter {id: $id}) SET m.state = $state, m.log = m.log + [$line]
WITH m
CALL (m) { MATCH (u:User) WHERE u.id IN $asked MERGE (m)-[:ASKED]->(u) }
RETURN count(*) AS changed
