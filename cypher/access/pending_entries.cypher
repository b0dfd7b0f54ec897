// name: pending_entries
// access: control
// summary: checks of what was entered, not made yet, that name a record; locked
// params: record: str
// returns: id, question
// example: record=$subject
MATCH (c:Check {state: 'pending'}) WHERE c.entered AND c.question CONTAINS $record
SET c.lock = 0
WITH c WHERE c.state = 'pending'
RETURN c.id AS id, c.question AS question ORDER BY id
