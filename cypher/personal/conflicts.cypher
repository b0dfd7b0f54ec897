// name: conflicts
// access: personal
// summary: the sides of conflicts that concern the person now, newest first; after a place in that order, if one is given
// params: at: datetime, after: str, limit: int
// returns: id, at, state, mode, registration, cases, matches, contact, proposal, outcome, follow_up, leader, their_state, their_proposal
// example: at=$nothing, after=$nothing, limit=50
MATCH (u:User {id: $me})
CALL (u) {
  MATCH (u)<-[t:TO]-(s:ConflictSide) RETURN s, coalesce(t.leader, false) AS leader
  UNION
  MATCH (s:ConflictSide {desk: true}) WHERE u.desk AND NOT EXISTS { (s)-[:TO]->(u) } RETURN s, false AS leader
}
// Leading is sight for some classes only: those that model/records.py does not name in NO_SIGHT.
WITH u, s, leader, NOT u.user_class IN ['task_force', 'auditor', 'dispatcher', 'attorney', 'service', 'administrator'] AS leads
WHERE $at IS NULL OR s.at < $at OR (s.at = $at AND s.id > $after)
CALL (u, s, leads) {
  OPTIONAL MATCH (s)-[:OVER]->(k:Case)
  WHERE EXISTS { (u)-[a:ASSIGNED_TO]->(k)
      WHERE (a.from IS NULL OR a.from <= datetime.realtime()) AND (a.until IS NULL OR a.until > datetime.realtime()) }
    OR (leads AND NOT coalesce(k.closed_to_leaders, true) AND EXISTS { (k)-[:OF]->(:Unit)-[:PART_OF*0..20]->(:Unit)<-[d:LEADS]-(u)
      WHERE (d.from IS NULL OR d.from <= datetime.realtime()) AND (d.until IS NULL OR d.until > datetime.realtime()) })
  RETURN collect(k.id) AS cases
}
WITH u, s, leader, leads, cases
WHERE (s.desk AND u.desk) OR (
  none(caveat IN s.caveats WHERE NOT EXISTS { (u)-[l:CLEARED_FOR]->(:Caveat {id: caveat})
    WHERE (l.from IS NULL OR l.from <= datetime.realtime()) AND (l.until IS NULL OR l.until > datetime.realtime()) })
  AND (s.owner = u.id OR size(cases) > 0
    OR leads AND EXISTS { (:User {id: s.owner})-[m:MEMBER_OF]->(:Unit)-[:PART_OF*0..20]->(:Unit)<-[d:LEADS]-(u)
      WHERE (m.from IS NULL OR m.from <= datetime.realtime()) AND (m.until IS NULL OR m.until > datetime.realtime())
        AND (d.from IS NULL OR d.from <= datetime.realtime()) AND (d.until IS NULL OR d.until > datetime.realtime()) }))
OPTIONAL MATCH (s)-[:SIDE_OF]->(:Conflict)<-[:SIDE_OF]-(o:ConflictSide)
RETURN s.id AS id, s.at AS at, s.state AS state, s.mode AS mode, s.registration AS registration, cases,
  s.matches AS matches, s.contact AS contact, s.proposal AS proposal, s.outcome AS outcome, s.follow_up AS follow_up,
  leader, o.state AS their_state, o.proposal AS their_proposal
ORDER BY at DESC, id LIMIT $limit
