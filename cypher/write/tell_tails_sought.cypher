// name: tell_tails_sought
// access: control
// summary: what registrations seek says the last digits of phones
// params: 
// returns: told
// example: 
MATCH (w:WatchKey) WHERE w.key STARTS WITH 'phone:'
SET w.tail = right(w.key, 7)
RETURN count(w) AS told
