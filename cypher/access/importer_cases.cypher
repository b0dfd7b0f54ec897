// name: importer_cases
// access: control
// summary: those of these cases that an importer opened, with their caveats
// params: ids: list, by: str
// returns: id, caveats
// example: ids=$cases, by=$text
MATCH (c:Case) WHERE c.id IN $ids AND c.asserted_by = $by
RETURN c.id AS id, c.caveats AS caveats
