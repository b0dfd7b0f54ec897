// name: read_epoch
// access: control
// summary: the epoch and the database's clock, without a lock
// params: 
// returns: value, now
// example: 
MATCH (e:Epoch)
RETURN e.value AS value, datetime.realtime() AS now
