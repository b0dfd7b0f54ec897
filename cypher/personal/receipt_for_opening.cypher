// name: receipt_for_opening
// access: personal
// summary: the check behind the person's own receipt, locked, if it is still valid and was not used yet
// params: receipt: str
// returns: id
// example: receipt=$receipt
MATCH (:User {id: $me})-[:MADE]->(c:Check {receipt: $receipt}) SET c.lock = 0
WITH c WHERE c.expires > datetime.realtime() AND c.case IS NULL AND NOT EXISTS { (c)-[:ATTACHED_TO]->(:Case) }
RETURN c.id AS id
