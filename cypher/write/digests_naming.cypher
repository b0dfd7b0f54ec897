// name: digests_naming
// access: control
// summary: notices of a day that say something of this case
// params: case: str
// returns: id, body
// example: case=$case
MATCH (n:Notice {kind: 'digest'}) WHERE n.body CONTAINS $case
RETURN n.id AS id, n.body AS body ORDER BY id
