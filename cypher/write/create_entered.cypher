// name: create_entered
// access: control
// summary: what was entered into a case, to be checked once it is written
// params: properties: map
// returns: id
// example: properties=$changes
CREATE (c:Check) SET c = $properties
RETURN c.id AS id
