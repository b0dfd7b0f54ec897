// name: lock_epoch
// access: control
// summary: take the epoch's lock, first in every transaction that will move it
// params: 
// returns: value, next_visibility, next_hidden (of an earlier version not told apart), next_audience, now
// example: 
MATCH (e:Epoch) SET e.lock = 0
RETURN e.value AS value, e.next_visibility AS next_visibility, coalesce(e.next_hidden, e.next_visibility) AS next_hidden, e.next_audience AS next_audience, datetime.realtime() AS now
