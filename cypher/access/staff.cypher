// name: staff
// access: control
// summary: people by id, with every dated grant, for the writer of the directory
// params: ids: list
// returns: the person's properties; units, leads, clearances, custodies, assignments with dates
// example: ids=$users
MATCH (u:User) WHERE u.id IN $ids
RETURN u.id AS id, u.name AS name, u.contact AS contact, u.user_class AS user_class, coalesce(u.desk, false) AS desk,
  u.email AS email, u.webhook AS webhook,
  [(u)-[m:MEMBER_OF]->(t:Unit) | {id: t.id, sight: m.sight, starts: m.from, ends: m.until}] AS units,
  [(u)-[l:LEADS]->(t:Unit) | {id: t.id, starts: l.from, ends: l.until}] AS leads,
  [(u)-[c:CLEARED_FOR]->(v:Caveat) | {id: v.id, starts: c.from, ends: c.until}] AS clearances,
  [(u)-[:CUSTODIAN_OF]->(v:Caveat) | {id: v.id}] AS custodies,
  [(u)-[a:ASSIGNED_TO]->(c:Case) | {id: c.id, assignment: a.id, functions: a.functions, agent: a.agent,
    starts: a.from, ends: a.until}] AS assignments
