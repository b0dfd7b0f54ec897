// name: subject_identifiers
// access: scoped
// summary: a subject's visible identifiers, each assertion with its evidence
// params: id: str
// returns: id (the assertion's), key, kind, value, as_written, evidence
// example: id=$subject
MATCH (n:Subject {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities
MATCH (n)-[r:HAS_IDENTIFIER WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(i:Identifier)
WITH i, r, COUNT {
    UNWIND r.cases AS case
    MATCH (c:Case {id: case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
    RETURN c
  } = size(r.cases) AS held
RETURN r.id AS id, i.key AS key, i.kind AS kind, i.value AS value, r.as_written AS as_written, {
    source: CASE WHEN EXISTS {
      MATCH (d:Document {id: r.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
    } THEN r.source END,
    confidence: r.confidence,
    asserted_at: r.asserted_at,
    asserted_by: CASE WHEN held THEN r.asserted_by END,
    originator: CASE WHEN held THEN r.originator END,
    hold: CASE WHEN held THEN r.hold END,
    retention_class: CASE WHEN held THEN r.retention_class END
  } AS evidence
ORDER BY kind, value, id
