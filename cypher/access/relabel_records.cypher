// name: relabel_records
// access: control
// summary: rewrite the audience of all that carries these expressions
// params: rows: list
// returns: nothing
// example: rows=$rows
UNWIND $rows AS row
CALL (row) { MATCH (n:Case) WHERE n.visibility = row.visibility SET n.audience = row.audience }
CALL (row) { MATCH (n:Subject) WHERE n.visibility = row.visibility SET n.audience = row.audience }
CALL (row) { MATCH (n:Attribute) WHERE n.visibility = row.visibility SET n.audience = row.audience }
CALL (row) { MATCH (n:Document) WHERE n.visibility = row.visibility SET n.audience = row.audience }
CALL (row) { MATCH (n:Event) WHERE n.visibility = row.visibility SET n.audience = row.audience }
CALL (row) { MATCH (n:Entry) WHERE n.visibility = row.visibility SET n.audience = row.audience }
CALL (row) { MATCH (n:NameKey) WHERE n.visibility = row.visibility SET n.audience = row.audience }
CALL (row) { MATCH ()-[r:SUBJECT_OF]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:FILED_IN]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:PART_OF]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:MENTIONS]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:INVOLVED_IN]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:HAS_ATTRIBUTE]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:KEY_OF]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:HAS_IDENTIFIER]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:ABOUT]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:AT]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:LINKED_TO]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:SAME_AS]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
CALL (row) { MATCH ()-[r:RELATED_TO]->() WHERE r.visibility = row.visibility SET r.audience = row.audience }
RETURN count(*) AS rows
