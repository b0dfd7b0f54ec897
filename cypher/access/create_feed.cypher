// name: create_feed
// access: control
// summary: the one feed of changes; a second call changes nothing
// params: 
// returns: value
// example: 
MERGE (f:Feed {name: 'feed'})
ON CREATE SET f.value = 0, f.lock = 0, f.generation = randomUUID()
RETURN f.value AS value
