// name: lock_job
// access: control
// summary: lock a job and read it, if it has not ended
// params: id: str
// returns: case, cancel, total, done, created, refused, file, offset
// example: id=$job
MATCH (j:Job {id: $id}) SET j.lock = 0
WITH j WHERE j.state IN ['queued', 'running']
RETURN j.case AS case, j.cancel AS cancel, j.total AS total, j.done AS done, j.created AS created,
  j.refused AS refused, j.file AS file, j.offset AS offset
