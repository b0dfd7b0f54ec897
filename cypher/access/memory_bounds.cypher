// name: memory_bounds
// access: control
// summary: the highest internal ids of what is kept in memory
// params: 
// returns: nodes, links, expressions
// example: 
CALL () {
  MATCH (n:Case) RETURN id(n) AS node ORDER BY n DESC LIMIT 1
  UNION ALL MATCH (n:Subject) RETURN id(n) AS node ORDER BY n DESC LIMIT 1
  UNION ALL MATCH (n:Document) RETURN id(n) AS node ORDER BY n DESC LIMIT 1
  UNION ALL MATCH (n:Event) RETURN id(n) AS node ORDER BY n DESC LIMIT 1
  UNION ALL MATCH (n:Identifier) RETURN id(n) AS node ORDER BY n DESC LIMIT 1
}
WITH max(node) AS nodes
CALL () { CALL () {
  MATCH ()-[r:HAS_IDENTIFIER]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:LINKED_TO]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:SAME_AS]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:INVOLVED_IN]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:SUBJECT_OF]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:FILED_IN]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:PART_OF]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:MENTIONS]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:AT]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
  UNION ALL MATCH ()-[r:RELATED_TO]->() RETURN id(r) AS link ORDER BY r DESC LIMIT 1
} RETURN max(link) AS links }
MATCH (e:Epoch)
RETURN coalesce(nodes, -1) AS nodes, coalesce(links, -1) AS links,
  CASE WHEN e.next_hidden > e.next_visibility THEN e.next_hidden ELSE e.next_visibility END AS expressions
