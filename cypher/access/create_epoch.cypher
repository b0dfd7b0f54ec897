// name: create_epoch
// access: control
// summary: the one epoch node; a second call changes nothing
// params: 
// returns: value
// example: 
MERGE (e:Epoch {name: 'epoch'})
ON CREATE SET e.value = 1, e.lock = 0, e.next_visibility = 1, e.next_audience = 1
RETURN e.value AS value
