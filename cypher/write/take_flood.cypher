// name: take_flood
// access: control
// summary: forget what was asked of a key that many hold, and give it: its holders are told
// params: id: str
// returns: kind, key, at (in its day), asked
// example: id=$text
MATCH (f:Flood {id: $id}) SET f.lock = 0
WITH f, f.kind AS kind, f.key AS key, f.at AS at, f.asked AS asked
DELETE f
RETURN kind, key, at, asked
