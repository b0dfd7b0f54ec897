// name: event
// access: scoped
// summary: one event, its visible addresses and its evidence
// params: id: str
// returns: the properties of an event card, addresses, evidence
// example: id=$event
MATCH (x:Event {id: $id}) WHERE x.audience IN $audiences OR x.visibility IN $visibilities
WITH x, COUNT {
    UNWIND x.cases AS case
    MATCH (c:Case {id: case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
    RETURN c
  } = size(x.cases) AS held
RETURN x.id AS id, x.kind AS kind, x.description AS description, x.starts AS starts, x.ends AS ends,
  x.latitude AS latitude, x.longitude AS longitude, x.duration AS duration, x.amount AS amount,
  COLLECT {
    MATCH (x)-[r:AT WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(:Identifier)
    RETURN DISTINCT r.as_written AS address ORDER BY address
  } AS addresses,
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
