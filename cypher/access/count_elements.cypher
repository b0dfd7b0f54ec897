// name: count_elements
// access: control
// summary: how many there are of each label and type that carries access; for the checker of invariants
// params: 
// returns: name, elements
// example: 
MATCH (n:Visibility) RETURN 'Visibility' AS name, count(n) AS elements
UNION ALL
MATCH (n:Case) RETURN 'Case' AS name, count(n) AS elements
UNION ALL
MATCH (n:Subject) RETURN 'Subject' AS name, count(n) AS elements
UNION ALL
MATCH (n:Attribute) RETURN 'Attribute' AS name, count(n) AS elements
UNION ALL
MATCH (n:Document) RETURN 'Document' AS name, count(n) AS elements
UNION ALL
MATCH (n:Event) RETURN 'Event' AS name, count(n) AS elements
UNION ALL
MATCH (n:Entry) RETURN 'Entry' AS name, count(n) AS elements
UNION ALL
MATCH (n:NameKey) RETURN 'NameKey' AS name, count(n) AS elements
UNION ALL
MATCH (n:Identifier) RETURN 'Identifier' AS name, count(n) AS elements
UNION ALL
MATCH ()-[r:SUBJECT_OF]->() RETURN 'SUBJECT_OF' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:FILED_IN]->() RETURN 'FILED_IN' AS name, count(r) AS elements
UNION ALL
MATCH (:Event)-[r:PART_OF]->() RETURN 'PART_OF' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:MENTIONS]->() RETURN 'MENTIONS' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:INVOLVED_IN]->() RETURN 'INVOLVED_IN' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:HAS_ATTRIBUTE]->() RETURN 'HAS_ATTRIBUTE' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:KEY_OF]->() RETURN 'KEY_OF' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:HAS_IDENTIFIER]->() RETURN 'HAS_IDENTIFIER' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:ABOUT]->() RETURN 'ABOUT' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:AT]->() RETURN 'AT' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:LINKED_TO]->() RETURN 'LINKED_TO' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:SAME_AS]->() RETURN 'SAME_AS' AS name, count(r) AS elements
UNION ALL
MATCH ()-[r:RELATED_TO]->() RETURN 'RELATED_TO' AS name, count(r) AS elements
