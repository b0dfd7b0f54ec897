// name: crowded
// access: control
// summary: which identifiers have more relationships than that, and under which beginnings of names' keys there are more, hidden ones too: how they are read depends on it, what is read does not
// params: keys: list, names: list, most: int
// returns: key
// example: keys=$keys, names=$name_keys, most=$one
CALL () {
  UNWIND $keys AS key
  MATCH (i:Identifier {key: key})
  WHERE COUNT { (i)<-[:HAS_IDENTIFIER]-() } + COUNT { (i)<-[:MENTIONS]-() } + COUNT { (i)<-[:AT]-() } > $most
  RETURN key
  UNION ALL
  UNWIND $names AS key
  CALL (key) {
    MATCH (k:NameKey) USING INDEX SEEK k:NameKey(key, audience)
    WHERE k.key STARTS WITH key AND k.audience IS NOT NULL
    WITH k LIMIT $most + 1
    RETURN count(k) AS held
  }
  WITH key, held WHERE held > $most
  RETURN key
}
RETURN key
