// name: count_pending
// access: control
// summary: for the operator: how many checks wait for their notices, and acts for the rest of their steps
// params: 
// returns: checks, tasks
// example: 
RETURN COUNT { (:Check {state: 'pending'}) } AS checks, COUNT { (:Task) } AS tasks
