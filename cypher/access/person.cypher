// name: person
// access: control
// summary: one person with every dated grant
// params: user: str
// returns: the person's properties; units, leads, caveats, assignments with dates
// example: user=$agent
MATCH (u:User {id: $user})
RETURN u.id AS id, u.name AS name, u.contact AS contact, u.user_class AS user_class, coalesce(u.desk, false) AS desk,
  [(u)-[m:MEMBER_OF]->(t:Unit) | {id: t.id, name: t.name, sight: m.sight, starts: m.from, ends: m.until}] AS units,
  [(u)-[l:LEADS]->(t:Unit) | {id: t.id, name: t.name, starts: l.from, ends: l.until}] AS leads,
  [(u)-[c:CLEARED_FOR]->(v:Caveat) | {id: v.id, starts: c.from, ends: c.until}] AS caveats,
  [(u)-[a:ASSIGNED_TO]->(c:Case) | {id: c.id, functions: a.functions, agent: a.agent, starts: a.from, ends: a.until}]
    AS assignments
