// name: drop_name_keys
// access: control
// summary: the keys of these names, and what ties them
// params: attributes: list
// returns: dropped
// example: attributes=$attributes
UNWIND $attributes AS id
MATCH (a:Attribute {id: id})<-[:KEY_OF]-(k:NameKey)
DETACH DELETE k
RETURN count(*) AS dropped
