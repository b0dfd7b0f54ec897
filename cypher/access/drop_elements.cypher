// name: drop_elements
// access: control
// summary: take elements out of the graph for good, each with what hangs on it
// params: rows: list
// returns: rows
// example: rows=$rows
// links: rows.records
UNWIND $rows AS row
CALL (row) { WITH row WHERE row.what = 'Subject' MATCH (x:Subject {id: row.id})
  OPTIONAL MATCH (x)-[:HAS_ATTRIBUTE]->(t:Attribute) OPTIONAL MATCH (k:NameKey)-[:KEY_OF]->(t) DETACH DELETE k, t, x }
CALL (row) { WITH row WHERE row.what = 'Attribute' MATCH (x:Attribute {id: row.id})
  OPTIONAL MATCH (k:NameKey)-[:KEY_OF]->(x) DETACH DELETE k, x }
CALL (row) { WITH row WHERE row.what = 'Document' MATCH (x:Document {id: row.id}) DETACH DELETE x }
CALL (row) { WITH row WHERE row.what = 'Event' MATCH (x:Event {id: row.id}) DETACH DELETE x }
CALL (row) { WITH row WHERE row.what = 'Entry' MATCH (x:Entry {id: row.id}) DETACH DELETE x }
CALL (row) { WITH row WHERE row.what = 'SUBJECT_OF' MATCH ()-[x:SUBJECT_OF {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'FILED_IN' MATCH ()-[x:FILED_IN {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'PART_OF' MATCH ()-[x:PART_OF {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'MENTIONS' MATCH ()-[x:MENTIONS {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'INVOLVED_IN' MATCH ()-[x:INVOLVED_IN {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'HAS_IDENTIFIER' MATCH ()-[x:HAS_IDENTIFIER {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'ABOUT' MATCH ()-[x:ABOUT {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'AT' MATCH ()-[x:AT {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'LINKED_TO' MATCH ()-[x:LINKED_TO {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'SAME_AS' MATCH ()-[x:SAME_AS {id: row.id}]->() DELETE x }
CALL (row) { WITH row WHERE row.what = 'RELATED_TO' MATCH ()-[x:RELATED_TO {id: row.id}]->() DELETE x }
RETURN count(*) AS rows
