// name: move_links
// access: control
// summary: give relationships another end, each with all it says; out: it is the start that changes
// params: rows: list
// returns: moved
// example: rows=$rows
// links: rows.records
UNWIND $rows AS row
CALL (row) { WITH row WHERE row.what = 'SUBJECT_OF' AND row.out
  MATCH ()-[r:SUBJECT_OF {id: row.id}]->(b) MATCH (n:Subject {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:SUBJECT_OF]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'INVOLVED_IN' AND row.out
  MATCH ()-[r:INVOLVED_IN {id: row.id}]->(b) MATCH (n:Subject {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:INVOLVED_IN]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'HAS_IDENTIFIER' AND row.out
  MATCH ()-[r:HAS_IDENTIFIER {id: row.id}]->(b) MATCH (n:Subject {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:HAS_IDENTIFIER]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'LINKED_TO' AND row.out
  MATCH ()-[r:LINKED_TO {id: row.id}]->(b) MATCH (n:Subject {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:LINKED_TO]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'SAME_AS' AND row.out
  MATCH ()-[r:SAME_AS {id: row.id}]->(b) MATCH (n:Subject {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:SAME_AS]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'HAS_ATTRIBUTE' AND row.out
  MATCH ()-[r:HAS_ATTRIBUTE {id: row.id}]->(b) MATCH (n:Subject {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:HAS_ATTRIBUTE]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'FILED_IN' AND row.out
  MATCH ()-[r:FILED_IN {id: row.id}]->(b) MATCH (n:Document {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:FILED_IN]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'MENTIONS' AND row.out
  MATCH ()-[r:MENTIONS {id: row.id}]->(b) MATCH (n:Document {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:MENTIONS]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'PART_OF' AND row.out
  MATCH ()-[r:PART_OF {id: row.id}]->(b) MATCH (n:Event {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:PART_OF]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'AT' AND row.out
  MATCH ()-[r:AT {id: row.id}]->(b) MATCH (n:Event {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:AT]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'RELATED_TO' AND row.out
  MATCH ()-[r:RELATED_TO {id: row.id}]->(b) MATCH (n:Case {id: row.to}) WITH r, b, n, properties(r) AS said
  DELETE r CREATE (n)-[q:RELATED_TO]->(b) SET q = said }
CALL (row) { WITH row WHERE row.what = 'MENTIONS' AND NOT row.out
  MATCH (a)-[r:MENTIONS {id: row.id}]->() MATCH (n:Subject {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:MENTIONS]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'LINKED_TO' AND NOT row.out
  MATCH (a)-[r:LINKED_TO {id: row.id}]->() MATCH (n:Subject {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:LINKED_TO]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'SAME_AS' AND NOT row.out
  MATCH (a)-[r:SAME_AS {id: row.id}]->() MATCH (n:Subject {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:SAME_AS]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'ABOUT' AND NOT row.out
  MATCH (a)-[r:ABOUT {id: row.id}]->() MATCH (n:Subject {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:ABOUT]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'ABOUT' AND NOT row.out
  MATCH (a)-[r:ABOUT {id: row.id}]->() MATCH (n:Document {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:ABOUT]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'INVOLVED_IN' AND NOT row.out
  MATCH (a)-[r:INVOLVED_IN {id: row.id}]->() MATCH (n:Event {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:INVOLVED_IN]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'ABOUT' AND NOT row.out
  MATCH (a)-[r:ABOUT {id: row.id}]->() MATCH (n:Event {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:ABOUT]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'SUBJECT_OF' AND NOT row.out
  MATCH (a)-[r:SUBJECT_OF {id: row.id}]->() MATCH (n:Case {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:SUBJECT_OF]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'FILED_IN' AND NOT row.out
  MATCH (a)-[r:FILED_IN {id: row.id}]->() MATCH (n:Case {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:FILED_IN]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'PART_OF' AND NOT row.out
  MATCH (a)-[r:PART_OF {id: row.id}]->() MATCH (n:Case {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:PART_OF]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'ABOUT' AND NOT row.out
  MATCH (a)-[r:ABOUT {id: row.id}]->() MATCH (n:Case {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:ABOUT]->(n) SET q = said }
CALL (row) { WITH row WHERE row.what = 'RELATED_TO' AND NOT row.out
  MATCH (a)-[r:RELATED_TO {id: row.id}]->() MATCH (n:Case {id: row.to}) WITH r, a, n, properties(r) AS said
  DELETE r CREATE (a)-[q:RELATED_TO]->(n) SET q = said }
RETURN count(*) AS moved
