// name: subject_attributes
// access: scoped
// summary: a subject's visible values, each with its evidence
// params: id: str
// returns: id, kind, value, evidence
// example: id=$subject
MATCH (n:Subject {id: $id}) WHERE n.audience IN $audiences OR n.visibility IN $visibilities
MATCH (n)-[h:HAS_ATTRIBUTE WHERE h.audience IN $audiences OR h.visibility IN $visibilities]->(a:Attribute)
WITH DISTINCT a, COUNT {
    UNWIND a.cases AS case
    MATCH (c:Case {id: case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
    RETURN c
  } = size(a.cases) AS held
RETURN a.id AS id, a.kind AS kind, a.value AS value, {
    source: CASE WHEN EXISTS {
      MATCH (d:Document {id: a.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
    } THEN a.source END,
    confidence: a.confidence,
    asserted_at: a.asserted_at,
    asserted_by: CASE WHEN held THEN a.asserted_by END,
    originator: CASE WHEN held THEN a.originator END,
    hold: CASE WHEN held THEN a.hold END,
    retention_class: CASE WHEN held THEN a.retention_class END
  } AS evidence
ORDER BY kind, value, id
