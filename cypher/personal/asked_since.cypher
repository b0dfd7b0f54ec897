// name: asked_since
// access: personal
// summary: lock the person, then keyed digests of what they checked, registered and entered since then
// params: since: datetime
// returns: digests
// example: since=$moment
MATCH (u:User {id: $me}) SET u.lock = 0 REMOVE u.lock
// By the index: a person's checks are never forgotten, and those of a day are few.
WITH count(*) AS locked
MATCH ()-[m:MADE {by: $me}]->(c:Check) USING INDEX m:MADE(by, at) WHERE m.at > $since
UNWIND coalesce(c.counted, c.digests, []) AS digest
WITH DISTINCT digest ORDER BY digest
RETURN collect(digest) AS digests
