// name: create_task
// access: control
// summary: keep what is left to do of an act, so that a kill loses none of it
// params: id: str, kind: str, by: str, at: datetime, given: str, suspended: list
// returns: created
// example: id=$check, kind=$text, by=$user, at=$now, given=$text, suspended=$numbers
CREATE (t:Task {id: $id, kind: $kind, by: $by, at: $at, given: $given, audiences: $suspended, done: 0})
RETURN count(*) AS created
