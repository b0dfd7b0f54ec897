// name: forget_stems
// access: control
// summary: what a person's checks kept of numbers alike, forgotten of those before then
// params: person: str, before: datetime
// returns: forgotten
// example: person=$agent, before=$now
MATCH (:User {id: $person})-[:MADE]->(c:Check) WHERE c.at < $before AND c.stems IS NOT NULL
REMOVE c.stems
RETURN count(c) AS forgotten
