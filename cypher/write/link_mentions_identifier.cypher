// name: link_mentions_identifier
// access: control
// summary: Document MENTIONS Identifier; the node is merged in the same statement, rows come sorted by key
// params: rows: list, common: map
// returns: created
// example: rows=$rows, common=$common
// links: rows.start
UNWIND $rows AS row
MATCH (a:Document {id: row.start})
MERGE (i:Identifier {key: row.key}) ON CREATE SET i.kind = row.kind, i.value = row.value,
  i.tail = CASE row.kind WHEN 'phone' THEN right(row.value, 7) END
CREATE (a)-[r:MENTIONS]->(i) SET r = $common, r += row.properties
RETURN count(*) AS created
