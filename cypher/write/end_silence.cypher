// name: end_silence
// access: control
// summary: lock a case or record whose silence is over, and mark that it is being told; none, if that was done before
// params: id: str, now: datetime
// returns: id, case, record (unless it is the case itself)
// example: id=$case, now=$now
CALL () {
  MATCH (n:Case {id: $id}) RETURN n, n.id AS case, null AS record
  UNION MATCH (n:Subject {id: $id}) RETURN n, n.cases[0] AS case, n.id AS record
}
SET n.lock = 0
WITH n, case, record WHERE n.silence_broken <= $now
  OR n.disclosure = 'silent' AND n.disclosure_until <= $now AND coalesce(n.silence_told <> n.disclosure_until, true)
SET n.silence_told = n.disclosure_until REMOVE n.silence_broken
RETURN n.id AS id, case, record
