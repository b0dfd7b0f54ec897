// name: schema_standing
// access: control
// summary: which migrations the graph has been through, and for which constraints and indexes
// params: 
// returns: version, statements, begun
// example: 
OPTIONAL MATCH (s:Schema {name: 'schema'})
RETURN s.version AS version, s.statements AS statements, EXISTS { (:Epoch) } AS begun
