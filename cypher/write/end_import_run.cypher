// name: end_import_run
// access: control
// summary: forget an import's run: everybody was told
// params: id: str
// returns: nothing
// example: id=$text
MATCH (n:ImportRun {id: $id})
CALL (n) { MATCH (d:Digest {run: n.id}) DELETE d }
DELETE n
