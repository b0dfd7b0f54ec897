// name: holders
// access: release
// summary: each holder's disclosure mode, and the people of it: agent, assigned persons, leaders from its unit upward
// params: cases: list
// returns: id, mode, until, assigned, leaders (nearest first; none for a case closed to leaders)
// example: cases=$cases
MATCH (c:Case) WHERE c.id IN $cases
OPTIONAL MATCH (c)-[:OF]->(unit:Unit)
WITH unit, collect(c) AS cases
WITH cases, [p = (unit)-[:PART_OF*0..20]->(:Unit)<-[d:LEADS]-(u:User)
  WHERE (d.from IS NULL OR d.from <= datetime.realtime()) AND (d.until IS NULL OR d.until > datetime.realtime())
  | {id: u.id, contact: u.contact, agent: false, distance: length(p),
     caveats: [(u)-[l:CLEARED_FOR]->(v:Caveat) WHERE (l.from IS NULL OR l.from <= datetime.realtime())
       AND (l.until IS NULL OR l.until > datetime.realtime()) | v.id]}] AS upward
UNWIND cases AS c
RETURN collect({
  id: c.id, mode: c.disclosure, until: c.disclosure_until,
  assigned: [(c)<-[a:ASSIGNED_TO]-(u:User) WHERE (a.from IS NULL OR a.from <= datetime.realtime())
    AND (a.until IS NULL OR a.until > datetime.realtime())
    | {id: u.id, contact: u.contact, agent: a.agent, distance: 0,
       caveats: [(u)-[l:CLEARED_FOR]->(v:Caveat) WHERE (l.from IS NULL OR l.from <= datetime.realtime())
         AND (l.until IS NULL OR l.until > datetime.realtime()) | v.id]}],
  leaders: CASE WHEN coalesce(c.closed_to_leaders, true) THEN [] ELSE upward END
}) AS answer
