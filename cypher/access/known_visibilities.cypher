// name: known_visibilities
// access: control
// summary: interned expressions by digest
// params: digests: list
// returns: digest, id, audience
// example: digests=$digests
MATCH (v:Visibility) WHERE v.digest IN $digests
RETURN v.digest AS digest, v.id AS id, v.audience AS audience
