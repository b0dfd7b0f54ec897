// name: memory_expressions
// access: control
// summary: audiences of expressions
// params: from: int, to: int
// returns: ids, audiences
// example: from=$one, to=$limit
MATCH (v:Visibility) WHERE v.id >= $from AND v.id <= $to
RETURN collect(v.id) AS ids, collect(v.audience) AS audiences
