// name: receipt
// access: personal
// summary: a receipt of the person's own, by its number
// params: receipt: str
// returns: id, receipt, reference, result, pointers, digests, at, expires, case
// example: receipt=$receipt
MATCH (:User {id: $me})-[:MADE]->(c:Check {receipt: $receipt})
RETURN c.id AS id, c.receipt AS receipt, c.reference AS reference, c.result AS result, c.pointers AS pointers,
  c.digests AS digests, c.at AS at, c.expires AS expires, coalesce(c.case, head([(c)-[:ATTACHED_TO]->(k:Case) | k.id])) AS case
