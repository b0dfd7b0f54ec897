// name: history
// access: scoped
// summary: the visible entries about a record, newest first; after a place in that order, if one is given
// params: id: str, at: datetime, after_id: str, limit: int
// returns: id, act, at, content (raw: only for queries/history.py, which cuts it), held, by, about (records' ids)
// example: id=$record, at=$moment, after_id="", limit=50
CALL () {
  MATCH (n:Subject {id: $id}) RETURN n
  UNION ALL
  MATCH (n:Case {id: $id}) RETURN n
  UNION ALL
  MATCH (n:Document {id: $id}) RETURN n
  UNION ALL
  MATCH (n:Event {id: $id}) RETURN n
}
MATCH (n)<-[r:ABOUT WHERE r.audience IN $audiences OR r.visibility IN $visibilities]-(e:Entry)
WITH DISTINCT e WHERE $at IS NULL OR e.at < $at OR e.at = $at AND e.id > $after_id
WITH e ORDER BY e.at DESC, e.id LIMIT $limit
WITH e, COUNT {
    UNWIND e.cases AS case
    MATCH (c:Case {id: case}) WHERE c.audience IN $audiences OR c.visibility IN $visibilities
    RETURN c
  } = size(e.cases) AS held
RETURN e.id AS id, e.act AS act, e.at AS at, e.content AS content, held,
  CASE WHEN held THEN e.asserted_by END AS by,
  COLLECT {
    MATCH (e)-[r:ABOUT WHERE r.audience IN $audiences OR r.visibility IN $visibilities]->(m)
    RETURN DISTINCT m.id AS about ORDER BY about
  } AS about
ORDER BY at DESC, id
