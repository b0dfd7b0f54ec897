// name: contacts
// access: release
// summary: each holder's disclosure mode and its agent's contact; who has none there is looked up by holders
// params: cases: list
// returns: id, mode, until, contact (null: no agent in force, or one whom the directory does not have)
// example: cases=$cases
MATCH (c:Case) WHERE c.id IN $cases
RETURN collect({
  id: c.id, mode: c.disclosure, until: c.disclosure_until,
  contact: head([(c)<-[a:ASSIGNED_TO]-(u:User) WHERE a.agent AND trim(u.contact) <> ''
    AND (a.from IS NULL OR a.from <= datetime.realtime()) AND (a.until IS NULL OR a.until > datetime.realtime()) | u.contact])
}) AS answer
