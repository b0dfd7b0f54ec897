// name: sides_of_registration
// access: control
// summary: the sides that are not resolved of conflicts which a registration is in: its own, and those that have it alone against them
// params: registration: str, key: str
// returns: id, own
// example: registration=$registration, key=$digest
MATCH (s:ConflictSide {registration: $registration}) WHERE s.state <> 'resolved'
RETURN s.id AS id, true AS own
UNION
MATCH (s:ConflictSide {against: $key}) WHERE s.state <> 'resolved'
  AND NOT EXISTS { (s)-[:SIDE_OF]->(:Conflict)<-[:SIDE_OF]-(:ConflictSide {registration: $registration}) }
RETURN s.id AS id, false AS own
