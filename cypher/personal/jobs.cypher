// name: jobs
// access: personal
// summary: jobs of the person, newest first; after a place in that order, if one is given
// params: at: datetime, after: str, limit: int
// returns: the properties of a job card
// example: at=$nothing, after=$nothing, limit=50
MATCH (:User {id: $me})-[:STARTED]->(j:Job)
WHERE $at IS NULL OR j.started < $at OR (j.started = $at AND j.id > $after)
RETURN j.id AS id, j.kind AS kind, j.case AS case, j.state AS state, j.cancel AS cancel, j.problem AS problem,
  j.started AS started, j.updated AS updated, j.total AS total, j.done AS done, j.created AS created,
  j.refused AS refused
ORDER BY started DESC, id LIMIT $limit
