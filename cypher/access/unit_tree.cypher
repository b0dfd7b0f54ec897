// name: unit_tree
// access: control
// summary: every unit and the one it is part of
// params: 
// returns: id, name, parent
// example: 
MATCH (t:Unit)
RETURN t.id AS id, t.name AS name, head([(t)-[:PART_OF]->(p:Unit) | p.id]) AS parent
