// name: mark_matches
// access: control
// summary: mark pairs of a registration and what it met, each once for ever; those that this act is the first to mark
// params: digests: list, act: str, now: datetime
// returns: digest
// example: digests=$digests, act=$check, now=$now
UNWIND $digests AS digest
MERGE (m:Match {digest: digest})
ON CREATE SET m.act = $act, m.at = $now
WITH m WHERE m.act = $act
RETURN m.digest AS digest
