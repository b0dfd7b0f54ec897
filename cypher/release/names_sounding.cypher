// name: names_sounding
// access: release
// summary: names of which a key begins so, over the whole graph; they are compared, and leave deconfliction as keys alone
// params: begins: list
// returns: begin, value, kind (of the subject)
// example: begins=$begins
UNWIND $begins AS begin
MATCH (k:NameKey) USING INDEX SEEK k:NameKey(key, audience)
WHERE k.key STARTS WITH begin AND k.audience IS NOT NULL AND k.name IS NOT NULL AND k.kind IS NOT NULL
WITH DISTINCT begin, k.name AS value, k.kind AS kind
RETURN collect({begin: begin, value: value, kind: kind}) AS answer
