// name: move_epoch
// access: control
// summary: move the epoch, last in the transaction; moves are kept an hour
// params: labels: list
// returns: value
// example: labels=$labels
MATCH (e:Epoch) SET e.value = e.value + 1
CREATE (:EpochMove {value: e.value, labels: $labels, at: datetime.realtime()})
WITH e
OPTIONAL MATCH (m:EpochMove) WHERE m.at < datetime.realtime() - duration({hours: 1})
DELETE m
RETURN DISTINCT e.value AS value
