// name: close_writes
// access: control
// summary: keep writers out for some time, or (0) let them in again
// params: seconds: int
// returns: closed
// example: seconds=$limit
MATCH (e:Epoch) SET e.closed_until = datetime.realtime() + duration({seconds: $seconds})
RETURN count(*) AS closed
