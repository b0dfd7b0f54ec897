// name: acts
// access: control
// summary: which of these intents committed
// params: intents: list
// returns: intent
// example: intents=$digests
MATCH (a:Act) WHERE a.intent IN $intents
RETURN a.intent AS intent
