// name: visibilities_of_audiences
// access: control
// summary: the expressions that have one of these audiences
// params: ids: list
// returns: ids
// example: ids=$numbers
MATCH (v:Visibility) WHERE v.audience IN $ids
RETURN collect(v.id) AS ids
