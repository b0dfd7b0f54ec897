// name: set_own
// access: control
// summary: rewrite what carries access on elements that exist
// params: rows: list
// returns: rows
// example: rows=$rows
// links: rows.records
UNWIND $rows AS row
CALL (row) { WITH row WHERE row.what = 'Case' MATCH (x:Case {id: row.id})
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'Subject' MATCH (x:Subject {id: row.id})
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'Attribute' MATCH (x:Attribute {id: row.id})
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'Document' MATCH (x:Document {id: row.id})
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'Event' MATCH (x:Event {id: row.id})
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'Entry' MATCH (x:Entry {id: row.id})
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'NameKey' MATCH (x:NameKey {id: row.id})
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'SUBJECT_OF' MATCH ()-[x:SUBJECT_OF {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'FILED_IN' MATCH ()-[x:FILED_IN {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'PART_OF' MATCH ()-[x:PART_OF {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'MENTIONS' MATCH ()-[x:MENTIONS {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'INVOLVED_IN' MATCH ()-[x:INVOLVED_IN {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'HAS_ATTRIBUTE' MATCH ()-[x:HAS_ATTRIBUTE {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'KEY_OF' MATCH ()-[x:KEY_OF {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'HAS_IDENTIFIER' MATCH ()-[x:HAS_IDENTIFIER {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'ABOUT' MATCH ()-[x:ABOUT {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'AT' MATCH ()-[x:AT {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'LINKED_TO' MATCH ()-[x:LINKED_TO {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'SAME_AS' MATCH ()-[x:SAME_AS {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
CALL (row) { WITH row WHERE row.what = 'RELATED_TO' MATCH ()-[x:RELATED_TO {id: row.id}]->()
  SET x.cases = row.cases, x.shared = row.shared, x.caveats = row.caveats, x.visibility = row.visibility, x.audience = row.audience }
RETURN count(*) AS rows
