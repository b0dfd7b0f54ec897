// name: end_record
// access: control
// summary: take a record, its attributes and all that hangs on it out of the live graph
// params: id: str
// returns: ended
// example: id=$record
// links: id
CALL () {
  MATCH (n:Subject {id: $id}) RETURN n
  UNION ALL MATCH (n:Document {id: $id}) RETURN n
  UNION ALL MATCH (n:Event {id: $id}) RETURN n
}
OPTIONAL MATCH (n)-[:HAS_ATTRIBUTE]->(t:Attribute)
OPTIONAL MATCH (k:NameKey)-[:KEY_OF]->(t)
DETACH DELETE k
WITH DISTINCT n, t
DETACH DELETE t
WITH DISTINCT n
DETACH DELETE n
RETURN count(*) AS ended
