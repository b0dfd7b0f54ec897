// name: ask_too
// access: control
// summary: what a check of what was entered asks
// params: id: str, question: str
// returns: changed
// example: id=$check, question=$text
MATCH (c:Check {id: $id}) SET c.question = $question
RETURN count(*) AS changed
