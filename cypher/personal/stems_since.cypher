// name: stems_since
// access: personal
// summary: of these stems (keyed digests), how many different selectors the person asked for and entered in that time
// params: since: datetime, until: datetime, stems: list
// returns: stem, selectors
// example: since=$moment, until=$now, stems=$digests
MATCH ()-[m:MADE {by: $me}]->(c:Check) USING INDEX m:MADE(by, at) WHERE m.at > $since AND m.at <= $until
UNWIND c.stems AS one
WITH split(one, ' ') AS parts WHERE parts[0] IN $stems
RETURN parts[0] AS stem, count(DISTINCT parts[1]) AS selectors ORDER BY stem
