// name: names_sounding
// access: release
// summary: names of which a key begins so, and those of which one begins so and holds one of some parts, over the whole graph; they are compared, and leave deconfliction as keys alone
// params: begins: list, slips: list
// returns: key, value, kind (of the subject)
// example: begins=$begins, slips=$slips
CALL () {
  UNWIND $begins AS begin
  MATCH (p:Spelling) USING INDEX SEEK p:Spelling(key, kind, name)
  WHERE p.key STARTS WITH begin AND p.kind IS NOT NULL AND p.name IS NOT NULL
  RETURN p.key AS key, p.name AS value, p.kind AS kind
  UNION
  UNWIND $slips AS slip
  MATCH (p:Spelling) USING INDEX SEEK p:Spelling(key, kind, name)
  WHERE p.key STARTS WITH slip.begin AND any(held IN slip.holds WHERE p.key CONTAINS held)
    AND p.kind IS NOT NULL AND p.name IS NOT NULL
  RETURN p.key AS key, p.name AS value, p.kind AS kind
}
RETURN collect({key: key, value: value, kind: kind}) AS answer
