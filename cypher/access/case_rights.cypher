// name: case_rights
// access: control
// summary: what one person may do in one case, by dated grants
// params: case: str, user: str
// returns: functions, agent, leader, unit, closed, caveats, status
// example: case=$case, user=$agent
MATCH (c:Case {id: $case})
OPTIONAL MATCH (c)-[:OF]->(t:Unit)
RETURN c.status AS status, c.caveats AS caveats, t.id AS unit, c.closed_to_leaders AS closed_to_leaders,
  [(u:User {id: $user})-[a:ASSIGNED_TO]->(c) WHERE (a.from IS NULL OR a.from <= datetime.realtime())
    AND (a.until IS NULL OR a.until > datetime.realtime()) | {functions: a.functions, agent: a.agent}] AS assignments
