// name: tell_tails
// access: control
// summary: a page of the phones, by key, says its last digits; the last key, none after the last page
// params: after: str, page: int
// returns: last
// example: after="", page=$limit
MATCH (i:Identifier) WHERE i.key > $after AND i.key STARTS WITH 'phone:'
WITH i ORDER BY i.key LIMIT $page
SET i.tail = right(i.value, 7)
RETURN max(i.key) AS last
