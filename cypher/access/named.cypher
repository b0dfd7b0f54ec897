// name: named
// access: control
// summary: a page of the attributes that are names, by id, with the keys they are found under, each with its version
// params: after: str, page: int
// returns: id, value, carried, keys
// example: after="", page=$limit
MATCH (a:Attribute) WHERE a.id > $after AND a.kind IN ['name', 'alias']
WITH a ORDER BY a.id LIMIT $page
RETURN a.id AS id, a.value AS value,
  a {.cases, .shared, .caveats, .visibility, .audience, .asserted_by, .asserted_at} AS carried,
  COLLECT { MATCH (a)<-[:KEY_OF]-(k:NameKey) RETURN k.key + ' ' + coalesce(k.normaliser, '1') } AS keys
ORDER BY id
