// name: holds_in
// access: control
// summary: how many elements of a case are under a legal hold
// params: case: str
// returns: held
// example: case=$case
MATCH (c:Case {id: $case})<-[:REQUIRES]-(v:Visibility)
WITH collect(DISTINCT v.id) AS labels
CALL (labels) {
  MATCH (x:Case) WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH (x:Subject) WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH (x:Attribute) WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH (x:Document) WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH (x:Event) WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH (x:Entry) WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:SUBJECT_OF]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:FILED_IN]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:PART_OF]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:MENTIONS]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:INVOLVED_IN]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:HAS_IDENTIFIER]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:AT]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:LINKED_TO]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:SAME_AS]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
  UNION ALL MATCH ()-[x:RELATED_TO]->() WHERE x.visibility IN labels AND x.hold IS NOT NULL AND $case IN x.cases RETURN count(x) AS some
}
RETURN sum(some) AS held
