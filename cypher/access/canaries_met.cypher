// name: canaries_met
// access: control
// summary: the canaries with these keyed digests
// params: digests: list
// returns: id
// example: digests=$digests
MATCH (c:Canary) WHERE c.digest IN $digests
RETURN c.id AS id ORDER BY id
