// name: lock_digest_run
// access: control
// summary: lock a run and read what its matches came to, if it was not told yet
// params: id: str
// returns: at, digests (about, id, record, person, items)
// example: id=$text
MATCH (n:DigestRun {id: $id}) SET n.lock = 0
RETURN n.at AS at, COLLECT {
  MATCH (d:Digest {run: n.id}) RETURN {about: d.about, id: d.of, record: d.record, person: d.person, items: d.items}
} AS digests
