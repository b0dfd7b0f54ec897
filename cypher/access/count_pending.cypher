// name: count_pending
// access: control
// summary: for the operator: checks that wait for their notices, acts for the rest of their steps, jobs that have not ended, what is to leave, what was given up
// params: 
// returns: checks, tasks, jobs, deliveries, dead_letters
// example: 
RETURN COUNT { (:Check {state: 'pending'}) } AS checks, COUNT { (:Task) } AS tasks,
  COUNT { MATCH (j:Job) WHERE j.state IN ['queued', 'running'] } AS jobs,
  COUNT { (:Delivery {dead: false}) } AS deliveries, COUNT { (:Delivery {dead: true}) } AS dead_letters
