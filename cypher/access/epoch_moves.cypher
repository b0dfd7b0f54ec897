// name: epoch_moves
// access: control
// summary: the labels of the moves in (after, upto]
// params: after: int, upto: int
// returns: value, labels
// example: after=$epoch, upto=$epoch
MATCH (m:EpochMove) WHERE m.value > $after AND m.value <= $upto
RETURN m.value AS value, m.labels AS labels
