// name: first_tiers
// access: personal
// summary: lock the person, then the tiers that the person was given since then for these matches, each a keyed digest and a tier, oldest first
// params: since: datetime, digests: list
// returns: given (all of it in one row)
// example: since=$moment, digests=$digests
MATCH (u:User {id: $me}) SET u.lock = 0 REMOVE u.lock
WITH u CALL (u) {
  MATCH ()-[m:MADE {by: $me}]->(x:Check) USING INDEX m:MADE(by, at) WHERE m.at > $since RETURN x
  UNION
  MATCH (u)<-[:TO]-(x:Notice) WHERE x.at > $since RETURN x
}
UNWIND x.given AS given
WITH x.at AS at, given WHERE split(given, ' ')[0] IN $digests
WITH given ORDER BY at, given
// In one row: a bulk check has thousands.
RETURN collect(given) AS given
