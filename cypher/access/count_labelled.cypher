// name: count_labelled
// access: control
// summary: how many elements carry these expressions
// params: labels: list
// returns: elements
// example: labels=$numbers
CALL () {
  MATCH (x:Case) WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH (x:Subject) WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH (x:Attribute) WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH (x:Document) WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH (x:Event) WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH (x:Entry) WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH (x:NameKey) WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:SUBJECT_OF]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:FILED_IN]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:PART_OF]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:MENTIONS]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:INVOLVED_IN]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:HAS_ATTRIBUTE]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:KEY_OF]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:HAS_IDENTIFIER]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:ABOUT]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:AT]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:LINKED_TO]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:SAME_AS]->() WHERE x.visibility IN $labels RETURN count(x) AS some
  UNION ALL MATCH ()-[x:RELATED_TO]->() WHERE x.visibility IN $labels RETURN count(x) AS some
}
RETURN sum(some) AS elements
