// name: put_import_run
// access: control
// summary: an import whose matches wait until it is over, or until then; made if it is not there
// params: id: str, at: datetime, due: datetime
// returns: id
// example: id=$text, at=$now, due=$now
MERGE (n:ImportRun {id: $id}) ON CREATE SET n.at = $at
SET n.due = $due
RETURN n.id AS id
