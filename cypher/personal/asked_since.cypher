// name: asked_since
// access: personal
// summary: keyed digests of what the person checked and registered since then
// params: since: datetime
// returns: digests
// example: since=$moment
MATCH (:User {id: $me})-[:MADE]->(c:Check) WHERE c.at > $since AND c.digests IS NOT NULL
RETURN c.digests AS digests
