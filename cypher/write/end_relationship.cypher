// name: end_relationship
// access: control
// summary: take a relationship out of the live graph; its Entry keeps what it said
// params: id: str
// returns: ended, records (the starts)
// example: id=$assertion
// links: -> records
CALL () {
  MATCH ()-[x:MENTIONS {id: $id}]->() RETURN x
  UNION ALL
  MATCH ()-[x:INVOLVED_IN {id: $id}]->() RETURN x
  UNION ALL
  MATCH ()-[x:HAS_IDENTIFIER {id: $id}]->() RETURN x
  UNION ALL
  MATCH ()-[x:AT {id: $id}]->() RETURN x
  UNION ALL
  MATCH ()-[x:LINKED_TO {id: $id}]->() RETURN x
  UNION ALL
  MATCH ()-[x:SAME_AS {id: $id}]->() RETURN x
  UNION ALL
  MATCH ()-[x:RELATED_TO {id: $id}]->() RETURN x
}
WITH x, startNode(x).id AS start
DELETE x
RETURN count(*) AS ended, collect(start) AS records
