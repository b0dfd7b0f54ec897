// name: existing_links
// access: control
// summary: those of these relationships that are in the graph, for an import that may say a thing twice
// params: ids: list
// returns: id
// example: ids=$assertions
CALL () {
  MATCH ()-[r:SUBJECT_OF]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:FILED_IN]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:PART_OF]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:MENTIONS]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:INVOLVED_IN]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:HAS_IDENTIFIER]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:AT]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:LINKED_TO]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:SAME_AS]->() WHERE r.id IN $ids RETURN r.id AS id
  UNION ALL MATCH ()-[r:RELATED_TO]->() WHERE r.id IN $ids RETURN r.id AS id
}
RETURN id
