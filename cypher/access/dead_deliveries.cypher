// name: dead_deliveries
// access: control
// summary: for the operator: those given up, oldest notice first
// params: 
// returns: notice, at (of it), user, name, channel, tries, problem
// example: 
MATCH (d:Delivery {dead: true})-[:SENDS]->(n:Notice)
MATCH (u:User {id: d.user})
RETURN n.id AS notice, n.at AS at, u.id AS user, u.name AS name, d.channel AS channel, d.tries AS tries,
  d.problem AS problem
ORDER BY at, d.id
