// name: lock_registrations
// access: control
// summary: lock registrations, in this order; those that are still there
// params: ids: list
// returns: id, edits
// example: ids=$registrations
UNWIND $ids AS id
MATCH (r:Registration {id: id}) SET r.lock = 0
RETURN r.id AS id, coalesce(r.edits, 0) AS edits
