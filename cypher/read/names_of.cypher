// name: names_of
// access: scoped
// summary: the visible names of subjects, each with the key of the whole name
// params: records: list
// returns: record, key, id (the attribute's), value, source, confidence
// example: records=$subjects
UNWIND $records AS record
MATCH (n:Subject {id: record})-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
  <-[r:KEY_OF WHERE r.audience IN $audiences OR r.visibility IN $visibilities]-(k:NameKey)
WHERE a.kind IN ['name', 'alias'] AND k.key STARTS WITH 'n:'
RETURN DISTINCT record, k.key AS key, a.id AS id, a.value AS value, a.confidence AS confidence,
  CASE WHEN EXISTS {
    MATCH (d:Document {id: a.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
  } THEN a.source END AS source
ORDER BY key, id
