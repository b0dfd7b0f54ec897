// name: attribute
// access: control
// summary: an attribute with its own, its expression and what it says
// params: id: str
// returns: cases, expression, properties, start, start_label
// example: id=$assertion
MATCH (n:Attribute {id: $id})<-[:HAS_ATTRIBUTE]-(s:Subject)
MATCH (v:Visibility {id: n.visibility})
RETURN n.cases AS cases, v.expression AS expression, properties(n) AS properties, s.id AS start, 'Subject' AS start_label
