// name: lock_visibilities
// access: control
// summary: lock labels in the order of their ids
// params: digests: list
// returns: locked
// example: digests=$digests
MATCH (v:Visibility) WHERE v.digest IN $digests
WITH v ORDER BY v.id
SET v.lock = 0
RETURN count(*) AS locked
