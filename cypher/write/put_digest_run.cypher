// name: put_digest_run
// access: control
// summary: an import, or a day of floods, whose matches wait until it is over, or until then; made if it is not there
// params: id: str, at: datetime, due: datetime
// returns: id
// example: id=$text, at=$now, due=$now
MERGE (n:DigestRun {id: $id}) ON CREATE SET n.at = $at
// An unchanged date locks nothing: all of a day meet here.
FOREACH (change IN CASE WHEN n.due = $due THEN [] ELSE [1] END | SET n.due = $due)
RETURN n.id AS id
