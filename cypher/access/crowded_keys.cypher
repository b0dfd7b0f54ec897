// name: crowded_keys
// access: control
// summary: which identifiers have more relationships than that, hidden ones too: how they are read depends on it, what is read does not
// params: keys: list, most: int
// returns: key
// example: keys=$keys, most=$one
UNWIND $keys AS key
MATCH (i:Identifier {key: key})
WHERE COUNT { (i)<-[:HAS_IDENTIFIER]-() } + COUNT { (i)<-[:MENTIONS]-() } + COUNT { (i)<-[:AT]-() } > $most
RETURN key
