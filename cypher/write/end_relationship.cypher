// name: end_relationship
// access: control
// summary: take a relationship out of the live graph; its Entry keeps what it said
// params: id: str
// returns: ended
// example: id=$assertion
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
DELETE x
RETURN count(*) AS ended
