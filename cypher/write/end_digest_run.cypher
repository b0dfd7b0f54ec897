// name: end_digest_run
// access: control
// summary: forget a run: everybody was told
// params: id: str
// returns: nothing
// example: id=$text
MATCH (n:DigestRun {id: $id})
CALL (n) { MATCH (d:Digest {run: n.id}) DELETE d }
DELETE n
