// name: crowded_names
// access: control
// summary: under which beginnings of names' keys there are more than that, hidden ones too: how they are read depends on it, what is read does not
// params: keys: list, most: int
// returns: key
// example: keys=$name_keys, most=$one
UNWIND $keys AS key
CALL (key) {
  MATCH (k:NameKey) USING INDEX SEEK k:NameKey(key, audience)
  WHERE k.key STARTS WITH key AND k.audience IS NOT NULL
  WITH k LIMIT $most + 1
  RETURN count(k) AS held
}
WITH key, held WHERE held > $most
RETURN key
