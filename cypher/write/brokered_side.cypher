// name: brokered_side
// access: control
// summary: the side of a conflict, still brokered, that the other does not know of
// params: key: str, against: str
// returns: id
// example: key=$digest, against=$digest
MATCH (s:ConflictSide {against: $against}) WHERE s.key = $key AND s.mode = 'brokered' AND s.state <> 'resolved'
  AND NOT EXISTS { (s)-[:SIDE_OF]->(:Conflict)<-[:SIDE_OF]-(:ConflictSide {key: $against}) }
RETURN s.id AS id
