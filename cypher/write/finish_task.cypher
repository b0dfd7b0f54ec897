// name: finish_task
// access: control
// summary: nothing is left to do
// params: id: str
// returns: finished
// example: id=$check
MATCH (t:Task {id: $id}) DELETE t
RETURN count(*) AS finished
