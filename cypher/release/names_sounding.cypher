// name: names_sounding
// access: release
// summary: names of which a key begins so, and those of which one begins so and holds one of some parts, over the whole graph; they are compared, and leave deconfliction as keys alone
// params: begins: list, slips: list
// returns: key, value, kind (of the subject)
// example: begins=$begins, slips=$slips
CALL () {
  UNWIND $begins AS begin
  MATCH (k:NameKey) USING INDEX SEEK k:NameKey(key, kind, spelling)
  WHERE k.key STARTS WITH begin AND k.kind IS NOT NULL AND k.spelling IS NOT NULL
  RETURN k.key AS key, k.spelling AS value, k.kind AS kind
  UNION
  UNWIND $slips AS slip
  MATCH (k:NameKey) USING INDEX SEEK k:NameKey(key, kind, spelling)
  WHERE k.key STARTS WITH slip.begin AND any(held IN slip.holds WHERE k.key CONTAINS held)
    AND k.kind IS NOT NULL AND k.spelling IS NOT NULL
  RETURN k.key AS key, k.spelling AS value, k.kind AS kind
}
RETURN collect({key: key, value: value, kind: kind}) AS answer
