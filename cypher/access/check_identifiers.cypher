// name: check_identifiers
// access: control
// summary: a page of identifiers, by key
// params: after: str, page: int
// returns: key, properties
// example: after="", page=$limit
MATCH (i:Identifier) WHERE i.key > $after
WITH i ORDER BY i.key LIMIT $page
RETURN i.key AS key, properties(i) AS properties
ORDER BY key
