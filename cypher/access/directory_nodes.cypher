// name: directory_nodes
// access: control
// summary: every unit, person and caveat, for a load that puts a new graph in the place of an empty one
// params: 
// returns: label, properties
// example: 
MATCH (n:Unit) RETURN 'Unit' AS label, properties(n) AS properties
UNION ALL
MATCH (n:User) RETURN 'User' AS label, properties(n) AS properties
UNION ALL
MATCH (n:Caveat) RETURN 'Caveat' AS label, properties(n) AS properties
