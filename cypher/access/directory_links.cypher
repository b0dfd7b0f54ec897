// name: directory_links
// access: control
// summary: every grant of a unit or a caveat, and the tree of units, for such a load
// params: 
// returns: type, start, end, properties
// example: 
MATCH (u:User)-[r:MEMBER_OF|LEADS]->(t:Unit) RETURN type(r) AS type, u.id AS start, t.id AS end, properties(r) AS properties
UNION ALL
MATCH (u:User)-[r:CLEARED_FOR|CUSTODIAN_OF]->(v:Caveat)
RETURN type(r) AS type, u.id AS start, v.id AS end, properties(r) AS properties
UNION ALL
MATCH (t:Unit)-[r:PART_OF]->(p:Unit) RETURN type(r) AS type, t.id AS start, p.id AS end, properties(r) AS properties
