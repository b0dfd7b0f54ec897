// name: advance_case_registration
// access: control
// summary: let the next report of a registration be due then, after a check or put off; none, if another has made one since the last or it stands no more
// params: id: str, last: str, check: str, at: datetime, due: datetime
// returns: asked (digests of what the last check asked)
// example: id=$registration, last=$check, check=$check, at=$now, due=$now
MATCH (r:Registration {id: $id}) SET r.lock = 0
WITH r WHERE r.last = $last AND r.expires_at > datetime.realtime()
OPTIONAL MATCH (c:Check {id: $last})
SET r.due = $due, r.last = coalesce($check, r.last), r.reported = coalesce($at, r.reported) REMOVE r.lock
RETURN coalesce(c.digests, []) AS asked
