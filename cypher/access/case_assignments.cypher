// name: case_assignments
// access: control
// summary: who is assigned to a case; asked only after a scoped read has shown the case, in the same transaction
// params: case: str, after_name: str, after_id: str, limit: int
// returns: the properties of an assignment card
// example: case=$case, after_name="", after_id="", limit=50
MATCH (u:User)-[a:ASSIGNED_TO]->(:Case {id: $case})
WHERE u.name > $after_name OR u.name = $after_name AND a.id > $after_id
RETURN a.id AS id, u.id AS user, u.name AS name, a.functions AS functions, a.agent AS agent,
  a.from AS starts, a.until AS ends
ORDER BY name, id LIMIT $limit
