// name: cancel_job
// access: personal
// summary: ask for the end of a job of the person, if it has not ended
// params: id: str
// returns: the properties of a job card
// example: id=$job
MATCH (:User {id: $me})-[:STARTED]->(j:Job {id: $id}) SET j.lock = 0
SET j.cancel = j.cancel OR j.state IN ['queued', 'running']
RETURN j.id AS id, j.kind AS kind, j.case AS case, j.state AS state, j.cancel AS cancel, j.problem AS problem,
  j.started AS started, j.updated AS updated, j.total AS total, j.done AS done, j.created AS created,
  j.refused AS refused
