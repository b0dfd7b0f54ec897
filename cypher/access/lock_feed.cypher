// name: lock_feed
// access: control
// summary: where the feed stands, once all that it tells has committed
// params: 
// returns: generation, value
// example: 
MATCH (f:Feed) SET f.lock = 0
RETURN f.generation AS generation, f.value AS value
