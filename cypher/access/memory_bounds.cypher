// name: memory_bounds
// access: control
// summary: the highest internal ids of what is kept in memory
// params: 
// returns: nodes, links, expressions
// example: 
CALL () {
  MATCH (n:Case) RETURN max(id(n)) AS node
  UNION ALL MATCH (n:Subject) RETURN max(id(n)) AS node
  UNION ALL MATCH (n:Document) RETURN max(id(n)) AS node
  UNION ALL MATCH (n:Event) RETURN max(id(n)) AS node
  UNION ALL MATCH (n:Identifier) RETURN max(id(n)) AS node
}
WITH max(node) AS nodes
CALL () {
  MATCH ()-[r:HAS_IDENTIFIER]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:LINKED_TO]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:SAME_AS]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:INVOLVED_IN]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:SUBJECT_OF]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:FILED_IN]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:PART_OF]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:MENTIONS]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:AT]->() RETURN max(id(r)) AS link
  UNION ALL MATCH ()-[r:RELATED_TO]->() RETURN max(id(r)) AS link
}
WITH nodes, max(link) AS links
MATCH (e:Epoch)
RETURN coalesce(nodes, -1) AS nodes, coalesce(links, -1) AS links, e.next_visibility AS expressions
