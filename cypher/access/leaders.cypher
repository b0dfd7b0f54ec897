// name: leaders
// access: control
// summary: who leads a unit now, or the nearest one above that is led
// params: unit: str
// returns: user, distance
// example: unit=$unit
MATCH (t:Unit {id: $unit})
MATCH p = (t)-[:PART_OF*0..20]->(up:Unit)<-[l:LEADS]-(u:User)
WHERE (l.from IS NULL OR l.from <= datetime.realtime()) AND (l.until IS NULL OR l.until > datetime.realtime())
RETURN u.id AS user, length(p) AS distance ORDER BY distance, user
