// name: put_schema
// access: control
// summary: the graph has been through this migration; its constraints and indexes are those with this digest
// params: version: int, statements: str
// returns: version
// example: version=$one, statements=$digest
MERGE (s:Schema {name: 'schema'})
SET s.version = $version, s.statements = $statements
RETURN s.version AS version
