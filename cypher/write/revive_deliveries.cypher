// name: revive_deliveries
// access: control
// summary: those given up are due again, behind what waits; of these notices, or all
// params: notices: list, now: datetime
// returns: revived
// example: notices=$notices, now=$now
MATCH (d:Delivery {dead: true})-[:SENDS]->(n:Notice)
WHERE $notices IS NULL OR n.id IN $notices
SET d.dead = false, d.tries = 0, d.at = $now, d.due = $now
RETURN count(*) AS revived
