// name: read_feed
// access: control
// summary: where the feed stands, without a lock
// params: 
// returns: generation, value
// example: 
MATCH (f:Feed)
RETURN f.generation AS generation, f.value AS value
