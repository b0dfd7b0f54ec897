// name: inbox
// access: personal
// summary: notices to the person, and the desk's for its members, newest first; after a place in that order, if one is given
// params: at: datetime, after: str, limit: int
// returns: id, kind, at, acknowledged, body
// example: at=$nothing, after=$nothing, limit=50
MATCH (u:User {id: $me})
CALL (u) {
  MATCH (u)<-[:TO]-(n:Notice) RETURN n
  UNION
  MATCH (n:Notice {desk: true}) WHERE u.desk RETURN n
}
WITH n WHERE $at IS NULL OR n.at < $at OR (n.at = $at AND n.id > $after)
RETURN n.id AS id, n.kind AS kind, n.at AS at, n.acknowledged AS acknowledged, n.body AS body
ORDER BY at DESC, id LIMIT $limit
