// name: sides_of_registration
// access: control
// summary: the sides of conflicts that a registration met, which are not resolved
// params: registration: str
// returns: id
// example: registration=$registration
MATCH (s:ConflictSide {registration: $registration}) WHERE s.state <> 'resolved'
RETURN s.id AS id ORDER BY id
