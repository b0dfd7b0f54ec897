// name: acknowledge
// access: personal
// summary: mark a notice of the person, or of the desk they are at, as read; the first time counts
// params: id: str, now: datetime
// returns: id
// example: id=$notice, now=$now
MATCH (u:User {id: $me}) MATCH (n:Notice {id: $id})
WHERE EXISTS { (n)-[:TO]->(u) } OR (n.desk AND u.desk)
SET n.acknowledged = coalesce(n.acknowledged, $now)
RETURN n.id AS id
