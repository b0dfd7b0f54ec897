// name: case_facts
// access: control
// summary: a case's unit, openness and whether leaders hold it
// params: ids: list
// returns: id, unit, closed_to_leaders, open_to
// example: ids=$cases
MATCH (c:Case) WHERE c.id IN $ids
RETURN c.id AS id, head([(c)-[:OF]->(t:Unit) | t.id]) AS unit, c.closed_to_leaders AS closed_to_leaders,
  [(c)-[:OPEN_TO]->(t:Unit) | t.id] AS open_to
