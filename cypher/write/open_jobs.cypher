// name: open_jobs
// access: control
// summary: jobs that have not ended, oldest first
// params: 
// returns: id, user, case, done, file, place, updated
// example: 
MATCH (u:User)-[:STARTED]->(j:Job) WHERE j.state IN ['queued', 'running']
RETURN j.id AS id, u.id AS user, j.case AS case, j.done AS done, j.file AS file,
  j.place AS place, j.updated AS updated ORDER BY j.started, j.id
