// name: memory_audiences
// access: control
// summary: audiences of these expressions
// params: ids: list
// returns: id, audience
// example: ids=$numbers
MATCH (v:Visibility) WHERE v.id IN $ids
RETURN v.id AS id, v.audience AS audience
