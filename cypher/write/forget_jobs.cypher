// name: forget_jobs
// access: control
// summary: drop some of the jobs that ended long ago, with what they refused
// params: days: int
// returns: dropped
// example: days=$one
MATCH (j:Job) WHERE j.updated < datetime.realtime() - duration({days: $days}) AND NOT j.state IN ['queued', 'running']
WITH j LIMIT 5
OPTIONAL MATCH (j)-[:REFUSED]->(r:Refusal)
WITH j, collect(r) AS refused
FOREACH (r IN refused | DETACH DELETE r)
DETACH DELETE j
RETURN count(*) AS dropped
