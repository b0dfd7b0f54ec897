// name: imported_rows
// access: control
// summary: which rows of a source were imported
// params: digests: list
// returns: digest
// example: digests=$digests
MATCH (w:ImportRow) WHERE w.digest IN $digests
RETURN w.digest AS digest
