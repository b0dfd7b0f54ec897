// name: record_act
// access: control
// summary: the audit intent of a write, inside its transaction
// params: intent: str
// returns: nothing
// example: intent=$digest
CREATE (a:Act {intent: $intent, at: datetime.realtime()})
RETURN a.intent AS intent
