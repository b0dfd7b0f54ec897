// name: caveat_kinds
// access: release
// summary: the kind of each of these caveats
// params: ids: list
// returns: id, kind
// example: ids=$caveats
MATCH (v:Caveat) WHERE v.id IN $ids
RETURN v.id AS id, v.kind AS kind
