// name: importer_cases
// access: control
// summary: those of these cases that an importer opened, or was given by the operator, with their caveats
// params: ids: list, by: str, given: list
// returns: id, caveats, status
// example: ids=$cases, by=$text, given=$cases
MATCH (c:Case) WHERE c.id IN $ids AND (c.asserted_by = $by OR c.id IN $given)
RETURN c.id AS id, c.caveats AS caveats, c.status AS status
