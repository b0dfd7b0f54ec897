// name: end_attribute
// access: control
// summary: take an attribute and its name keys out of the live graph; its Entry keeps what it said
// params: id: str
// returns: ended
// example: id=$assertion
MATCH (n:Attribute {id: $id})
OPTIONAL MATCH (k:NameKey)-[:KEY_OF]->(n)
DETACH DELETE k
WITH DISTINCT n
DETACH DELETE n
RETURN count(*) AS ended
