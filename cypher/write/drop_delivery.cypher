// name: drop_delivery
// access: control
// summary: one has left, or has nowhere to go
// params: id: str
// returns: dropped
// example: id=$notice
MATCH (d:Delivery {id: $id})
DETACH DELETE d
RETURN count(*) AS dropped
