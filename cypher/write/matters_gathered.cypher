// name: matters_gathered
// access: control
// summary: what imports that are not over have met for the desk's queue, of what names this case; locked
// params: case: str
// returns: key, items
// example: case=$case
MATCH (d:Digest {about: 'matter'}) WHERE d.items CONTAINS $case
SET d.lock = 0
RETURN d.key AS key, d.items AS items ORDER BY key
