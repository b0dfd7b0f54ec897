// name: sweep_identifiers
// access: control
// summary: delete the identifiers of one page that nothing ends in
// params: after: str, page: int
// returns: last, seen, deleted
// example: after=$after, page=$limit
MATCH (i:Identifier) WHERE i.key > $after
WITH i ORDER BY i.key LIMIT $page
// Locked before it is looked at: a writer that has met it has committed, or will find it gone and begin again.
SET i.lock = 0
WITH i, i.key AS key, NOT EXISTS { (i)<-[:HAS_IDENTIFIER|MENTIONS|AT]-() } AS bare
FOREACH (gone IN CASE WHEN bare THEN [i] ELSE [] END | DELETE gone)
RETURN max(key) AS last, count(*) AS seen, sum(CASE WHEN bare THEN 1 ELSE 0 END) AS deleted
