// name: document
// access: scoped
// summary: one document's metadata and its evidence
// params: id: str
// returns: the properties of a document card, evidence
// example: id=$document
MATCH (x:Document {id: $id}) WHERE x.audience IN $audiences OR x.visibility IN $visibilities
WITH x, COUNT {
    UNWIND x.cases AS case
    MATCH (c:Case {id: case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
    RETURN c
  } = size(x.cases) AS held
RETURN x.id AS id, x.kind AS kind, x.title AS title, x.written AS written, x.digest AS digest, x.location AS location,
  {
    source: CASE WHEN EXISTS {
      MATCH (d:Document {id: x.source}) WHERE d.audience IN $audiences OR d.visibility IN $visibilities
    } THEN x.source END,
    confidence: x.confidence,
    asserted_at: x.asserted_at,
    asserted_by: CASE WHEN held THEN x.asserted_by END,
    originator: CASE WHEN held THEN x.originator END,
    hold: CASE WHEN held THEN x.hold END,
    retention_class: CASE WHEN held THEN x.retention_class END
  } AS evidence
