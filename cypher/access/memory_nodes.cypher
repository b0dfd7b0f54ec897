// name: memory_nodes
// access: control
// summary: what may stand at the end of a link, by internal ids that hold for this transaction
// params: from: int, to: int
// returns: places, names (a record's id, an identifier's key)
// example: from=$one, to=$limit
UNWIND range($from, $to) AS place
MATCH (n:Case|Subject|Document|Event|Identifier) WHERE id(n) = place
RETURN collect(place) AS places, collect(coalesce(n.id, n.key)) AS names
