// name: acts
// access: control
// summary: which of these writes committed; one that did not is fenced off, so that it never will
// params: intents: list
// returns: intent, undone
// example: intents=$digests
UNWIND $intents AS intent
MERGE (a:Act {intent: intent}) ON CREATE SET a.undone = true, a.at = datetime.realtime()
RETURN intent, coalesce(a.undone, false) AS undone
