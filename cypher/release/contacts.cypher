// name: contacts
// access: release
// summary: what an asker is told of these holders hangs on: each one's disclosure mode and its agent's contact (who has none there is looked up by holders), and the kind of each of these caveats
// params: cases: list, caveats: list
// returns: id, mode, until, contact (null: no agent in force, or one whom the directory does not have); of a caveat id, kind
// example: cases=$cases, caveats=$caveats
MATCH (c:Case) WHERE c.id IN $cases
WITH collect({
  id: c.id, mode: c.disclosure, until: c.disclosure_until,
  contact: head([(c)<-[a:ASSIGNED_TO]-(u:User) WHERE a.agent AND trim(u.contact) <> ''
    AND (a.from IS NULL OR a.from <= datetime.realtime()) AND (a.until IS NULL OR a.until > datetime.realtime()) | u.contact])
}) AS cases
RETURN cases + COLLECT { MATCH (v:Caveat) WHERE v.id IN $caveats RETURN {id: v.id, kind: v.kind} } AS answer
