// name: open_jobs_of
// access: personal
// summary: how many jobs of the person have not ended
// params: 
// returns: open
// example: 
MATCH (u:User {id: $me})
RETURN COUNT { (u)-[:STARTED]->(j:Job) WHERE j.state IN ['queued', 'running'] } AS open
