// name: memory_records
// access: control
// summary: all links of these records, whichever end they are
// params: ids: list
// returns: record, others (a record's id, an identifier's key), labels (as memory_links)
// example: ids=$records
UNWIND $ids AS record
CALL (record) {
  MATCH (n:Case {id: record}) RETURN n
  UNION ALL MATCH (n:Subject {id: record}) RETURN n
  UNION ALL MATCH (n:Document {id: record}) RETURN n
  UNION ALL MATCH (n:Event {id: record}) RETURN n
}
MATCH (n)-[r:HAS_IDENTIFIER|LINKED_TO|SAME_AS|INVOLVED_IN|SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|AT|RELATED_TO]-(m) WHERE r.visibility IS NOT NULL
RETURN record, collect(coalesce(m.id, m.key)) AS others, collect(r.visibility * 16 +
  CASE type(r) WHEN 'HAS_IDENTIFIER' THEN 0 WHEN 'LINKED_TO' THEN 1 WHEN 'SAME_AS' THEN 2 WHEN 'INVOLVED_IN' THEN 3 WHEN 'SUBJECT_OF' THEN 4 WHEN 'FILED_IN' THEN 5 WHEN 'PART_OF' THEN 6 WHEN 'MENTIONS' THEN 7 WHEN 'AT' THEN 8 WHEN 'RELATED_TO' THEN 9 END) AS labels
