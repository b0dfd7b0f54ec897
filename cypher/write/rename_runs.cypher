// name: rename_runs
// access: control
// summary: imports that wait for their digest are called as days are
// params: 
// returns: renamed
// example: 
MATCH (n:ImportRun) REMOVE n:ImportRun SET n:DigestRun
RETURN count(*) AS renamed
