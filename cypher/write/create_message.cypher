// name: create_message
// access: control
// summary: a message of one side, to the sides that are there
// params: conflict: str, properties: map
// returns: number
// example: conflict=$conflict, properties=$changes
MATCH (c:Conflict {id: $conflict})
SET c.said = coalesce(c.said, 0) + 1
CREATE (m:Message)-[:SAID_IN]->(c) SET m = $properties, m.number = c.said
RETURN m.number AS number
