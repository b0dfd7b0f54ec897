// name: leaders
// access: control
// summary: who leads a unit now, or the nearest one above that is led
// params: unit: str
// returns: user, user_class, caveats (lists the leader is on), distance
// example: unit=$unit
MATCH (t:Unit {id: $unit})
MATCH p = (t)-[:PART_OF*0..20]->(up:Unit)<-[l:LEADS]-(u:User)
WHERE (l.from IS NULL OR l.from <= datetime.realtime()) AND (l.until IS NULL OR l.until > datetime.realtime())
RETURN u.id AS user, u.user_class AS user_class, length(p) AS distance,
  [(u)-[c:CLEARED_FOR]->(v:Caveat) WHERE (c.from IS NULL OR c.from <= datetime.realtime())
    AND (c.until IS NULL OR c.until > datetime.realtime()) | v.id] AS caveats
ORDER BY distance, user
