// name: caveated_cases
// access: control
// summary: cases that carry caveats themselves
// params: 
// returns: id, caveats
// example: 
MATCH (c:Case) WHERE size(c.caveats) > 0
RETURN c.id AS id, c.caveats AS caveats
