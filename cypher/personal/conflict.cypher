// name: conflict
// access: personal
// summary: one side of a conflict that concerns the person now, and what it was told
// params: id: str
// returns: id, at, state, mode, registration, cases, matches, contact, proposal, outcome, follow_up, leader, their_state, their_proposal, messages
// example: id=$side
MATCH (u:User {id: $me})
CALL (u) {
  MATCH (u)<-[t:TO]-(s:ConflictSide) RETURN s, coalesce(t.leader, false) AS leader
  UNION
  MATCH (s:ConflictSide {desk: true}) WHERE u.desk AND NOT EXISTS { (s)-[:TO]->(u) } RETURN s, false AS leader
}
// Leading is sight for some classes only: those that model/records.py does not name in NO_SIGHT.
WITH u, s, leader, NOT u.user_class IN ['task_force', 'auditor', 'dispatcher', 'attorney', 'service', 'administrator'] AS leads
WHERE s.id = $id
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
  leader, o.state AS their_state, o.proposal AS their_proposal,
  [(s)-[:SIDE_OF]->(:Conflict)<-[:SAID_IN]-(m:Message) WHERE s.id IN m.to
    | {number: m.number, at: m.at, ours: coalesce(m.side = s.id, false), kind: m.kind, text: m.text}] AS messages
