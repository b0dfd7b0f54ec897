// name: repoint
// access: control
// summary: give relationships the identifier that their own text says now
// params: rows: list
// returns: moved, records (the starts)
// example: rows=$rows
// links: -> records
UNWIND $rows AS row
CALL (row) {
  WITH row WHERE row.what = 'HAS_IDENTIFIER' MATCH (a)-[r:HAS_IDENTIFIER {id: row.id}]->(:Identifier)
  MERGE (i:Identifier {key: row.key}) ON CREATE SET i.kind = row.kind, i.value = row.value,
    i.tail = CASE row.kind WHEN 'phone' THEN right(row.value, 7) END
  WITH row, a, r, i, properties(r) AS said
  DELETE r CREATE (a)-[q:HAS_IDENTIFIER]->(i) SET q = said, q.key = row.key, q.normaliser = row.normaliser
  RETURN a.id AS start
  UNION ALL
  WITH row WHERE row.what = 'MENTIONS' MATCH (a)-[r:MENTIONS {id: row.id}]->(:Identifier)
  MERGE (i:Identifier {key: row.key}) ON CREATE SET i.kind = row.kind, i.value = row.value,
    i.tail = CASE row.kind WHEN 'phone' THEN right(row.value, 7) END
  WITH row, a, r, i, properties(r) AS said
  DELETE r CREATE (a)-[q:MENTIONS]->(i) SET q = said, q.key = row.key, q.normaliser = row.normaliser
  RETURN a.id AS start
  UNION ALL
  WITH row WHERE row.what = 'AT' MATCH (a)-[r:AT {id: row.id}]->(:Identifier)
  MERGE (i:Identifier {key: row.key}) ON CREATE SET i.kind = row.kind, i.value = row.value,
    i.tail = CASE row.kind WHEN 'phone' THEN right(row.value, 7) END
  WITH row, a, r, i, properties(r) AS said
  DELETE r CREATE (a)-[q:AT]->(i) SET q = said, q.key = row.key, q.normaliser = row.normaliser
  RETURN a.id AS start
}
RETURN count(*) AS moved, collect(start) AS records
