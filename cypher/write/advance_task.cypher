// name: advance_task
// access: control
// summary: say how far an act has come
// params: id: str, elements: int, given: str
// returns: advanced
// example: id=$check, elements=$limit, given=$text
MATCH (t:Task {id: $id}) SET t.done = t.done + $elements, t.given = $given
RETURN count(*) AS advanced
