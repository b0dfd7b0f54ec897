// name: read_epoch
// access: control
// summary: the epoch and the clock, without a lock; closed: maintenance keeps writers out
// params: 
// returns: value, now, closed
// example: 
MATCH (e:Epoch)
RETURN e.value AS value, datetime.realtime() AS now, coalesce(e.closed_until > datetime.realtime(), false) AS closed
