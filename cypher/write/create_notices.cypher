// name: create_notices
// access: control
// summary: notices to people; one without an addressee is for the desk. With each what is to leave for those who have an address
// params: rows: list, at: datetime
// returns: created
// example: rows=$rows, at=$moment
UNWIND $rows AS row
CREATE (n:Notice {id: row.id, kind: row.kind, at: $at, body: row.body, desk: row.to IS NULL, given: row.given})
WITH n, row
OPTIONAL MATCH (u:User {id: row.to})
FOREACH (to IN CASE WHEN u IS NULL THEN [] ELSE [u] END | CREATE (n)-[:TO]->(to))
WITH n
CALL (n) {
  CALL (n) {
    MATCH (n)-[:TO]->(u:User) RETURN u
    UNION
    // Said as a condition, it would be looked at after everybody was, for each notice.
    UNWIND CASE WHEN n.desk THEN [n] ELSE [] END AS one
    MATCH (u:User) WHERE u.desk RETURN u
  }
  UNWIND [channel IN ['email', 'webhook'] WHERE u[channel] IS NOT NULL] AS channel
  CREATE (d:Delivery {id: n.id + ':' + channel + ':' + u.id, channel: channel, user: u.id, at: n.at, due: n.at,
    tries: 0, dead: false})
  CREATE (d)-[:SENDS]->(n)
}
RETURN count(*) AS created
