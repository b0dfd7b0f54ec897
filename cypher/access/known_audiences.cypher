// name: known_audiences
// access: control
// summary: interned audiences by digest
// params: digests: list
// returns: digest, id
// example: digests=$digests
MATCH (a:Audience) WHERE a.digest IN $digests
RETURN a.digest AS digest, a.id AS id
