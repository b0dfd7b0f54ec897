// name: lock_records
// access: control
// summary: lock records in the order of their ids
// params: ids: list
// returns: locked
// example: ids=$records
CALL () {
  MATCH (n:Case) WHERE n.id IN $ids RETURN n
  UNION ALL MATCH (n:Subject) WHERE n.id IN $ids RETURN n
  UNION ALL MATCH (n:Document) WHERE n.id IN $ids RETURN n
  UNION ALL MATCH (n:Event) WHERE n.id IN $ids RETURN n
  UNION ALL MATCH (n:Attribute) WHERE n.id IN $ids RETURN n
}
WITH n ORDER BY n.id
SET n.lock = 0
RETURN count(*) AS locked
