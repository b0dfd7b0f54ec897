// name: memory_links
// access: control
// summary: links by internal ids that hold for this transaction
// params: from: int, to: int
// returns: ends (internal ids, the start's times 2^31 and the end's), numbers (their own), labels (16 times the expression, and the type's number)
// example: from=$one, to=$limit
UNWIND range($from, $to) AS place
MATCH (a)-[r:HAS_IDENTIFIER|LINKED_TO|SAME_AS|INVOLVED_IN|SUBJECT_OF|FILED_IN|PART_OF|MENTIONS|AT|RELATED_TO]->(b) WHERE id(r) = place AND r.visibility IS NOT NULL  // PART_OF stands between units too
RETURN collect(id(a) * 2147483648 + id(b)) AS ends, collect(place) AS numbers, collect(r.visibility * 16 +
  CASE type(r) WHEN 'HAS_IDENTIFIER' THEN 0 WHEN 'LINKED_TO' THEN 1 WHEN 'SAME_AS' THEN 2 WHEN 'INVOLVED_IN' THEN 3 WHEN 'SUBJECT_OF' THEN 4 WHEN 'FILED_IN' THEN 5 WHEN 'PART_OF' THEN 6 WHEN 'MENTIONS' THEN 7 WHEN 'AT' THEN 8 WHEN 'RELATED_TO' THEN 9 END) AS labels
