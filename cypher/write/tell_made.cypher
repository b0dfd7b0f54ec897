// name: tell_made
// access: control
// summary: a page of the checks, by id, of which who made it says by whom and when; the last id, none after the last page
// params: after: str, page: int
// returns: last
// example: after="", page=$limit
MATCH (c:Check) WHERE c.id > $after
WITH c ORDER BY c.id LIMIT $page
OPTIONAL MATCH (u:User)-[m:MADE]->(c) SET m.by = u.id, m.at = c.at
RETURN max(c.id) AS last
