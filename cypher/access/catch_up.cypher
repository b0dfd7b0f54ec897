// name: catch_up
// access: control
// summary: give some elements of these expressions the audience that their expression has now
// params: labels: list, limit: int
// returns: changed
// example: labels=$numbers, limit=$limit
CALL () {
  MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH (x:Case) WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH (x:Subject) WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH (x:Attribute) WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH (x:Document) WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH (x:Event) WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH (x:Entry) WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH (x:NameKey) WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:SUBJECT_OF]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:FILED_IN]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:PART_OF]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:MENTIONS]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:INVOLVED_IN]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:HAS_ATTRIBUTE]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:KEY_OF]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:HAS_IDENTIFIER]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:ABOUT]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:AT]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:LINKED_TO]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:SAME_AS]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
  UNION ALL MATCH (v:Visibility) WHERE v.id IN $labels
  MATCH ()-[x:RELATED_TO]->() WHERE x.visibility = v.id AND x.audience <> v.audience
  WITH x, v LIMIT $limit SET x.audience = v.audience RETURN count(x) AS some
}
RETURN sum(some) AS changed
