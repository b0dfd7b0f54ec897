// name: sweep_spellings
// access: control
// summary: delete the spellings of one page of keys that no name has any more
// params: after: str, page: int
// returns: last, seen (keys), deleted
// example: after=$after, page=$limit
MATCH (s:Spelling) WHERE s.key > $after AND s.kind IS NOT NULL AND s.name IS NOT NULL
WITH DISTINCT s.key AS key ORDER BY key LIMIT $page
MATCH (p:Spelling {key: key}) WHERE p.kind IS NOT NULL AND p.name IS NOT NULL
// Locked before it is looked at: a writer that has met it has committed, or will find it gone and begin again.
SET p.lock = 0
WITH p, key, NOT EXISTS { (p)<-[:SPELLED]-() } AS bare
FOREACH (gone IN CASE WHEN bare THEN [p] ELSE [] END | DELETE gone)
RETURN max(key) AS last, count(DISTINCT key) AS seen, sum(CASE WHEN bare THEN 1 ELSE 0 END) AS deleted
