// name: lock_matter
// access: control
// summary: lock a matter and read it
// params: id: str
// returns: id, state, asking, holding, reference, matches
// example: id=$matter
MATCH (m:Matter {id: $id}) SET m.lock = 0
RETURN m.id AS id, m.state AS state, m.asking AS asking, m.holding AS holding, m.reference AS reference,
  m.matches AS matches
