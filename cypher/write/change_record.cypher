// name: change_record
// access: control
// summary: set properties of a record; a null removes one
// params: id: str, changes: map
// returns: changed
// example: id=$record, changes=$changes
CALL () {
  MATCH (n:Case {id: $id}) RETURN n
  UNION ALL MATCH (n:Subject {id: $id}) RETURN n
  UNION ALL MATCH (n:Document {id: $id}) RETURN n
  UNION ALL MATCH (n:Event {id: $id}) RETURN n
}
SET n += $changes
RETURN count(*) AS changed
