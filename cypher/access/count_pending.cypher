// name: count_pending
// access: control
// summary: for the operator: checks that wait for their notices, acts for the rest of their steps, jobs that have not ended
// params: 
// returns: checks, tasks, jobs
// example: 
RETURN COUNT { (:Check {state: 'pending'}) } AS checks, COUNT { (:Task) } AS tasks,
  COUNT { MATCH (j:Job) WHERE j.state IN ['queued', 'running'] } AS jobs
