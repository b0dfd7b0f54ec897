// name: drop_digest
// access: control
// summary: forget what one digest has gathered
// params: key: str
// returns: dropped
// example: key=$text
MATCH (d:Digest {key: $key}) DELETE d
RETURN count(*) AS dropped
