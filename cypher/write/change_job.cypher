// name: change_job
// access: control
// summary: how far a job is, or how it ended
// params: id: str, changes: map
// returns: id
// example: id=$job, changes=$changes
MATCH (j:Job {id: $id}) SET j += $changes
RETURN j.id AS id
