// name: advance_counters
// access: control
// summary: the next free label ids
// params: visibility: int, hidden: int, audience: int
// returns: nothing
// example: visibility=$one, hidden=$one, audience=$one
MATCH (e:Epoch) SET e.next_visibility = $visibility, e.next_hidden = $hidden, e.next_audience = $audience
RETURN e.value AS value
