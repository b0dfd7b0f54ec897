// name: matters
// access: personal
// summary: the coordination desk's matters that are not done, for who is at it, newest first; after a place in that order, if one is given
// params: at: datetime, after: str, limit: int
// returns: id, at, state, reference, asking, holding, matches, log
// example: at=$nothing, after=$nothing, limit=50
MATCH (u:User {id: $me}) WHERE u.desk
MATCH (m:Matter) WHERE m.state <> 'done' AND ($at IS NULL OR m.at < $at OR (m.at = $at AND m.id > $after))
RETURN m.id AS id, m.at AS at, m.state AS state, m.reference AS reference, m.asking AS asking, m.holding AS holding,
  m.matches AS matches, m.log AS log
ORDER BY at DESC, id LIMIT $limit
