// name: sees_documents
// access: scoped
// summary: which of these documents the person sees
// params: ids: list
// returns: id
// example: ids=$documents
MATCH (d:Document) WHERE d.id IN $ids AND (d.audience IN $audiences OR d.visibility IN $visibilities)
RETURN d.id AS id ORDER BY id
