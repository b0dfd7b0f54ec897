// name: mentioning
// access: control
// summary: some elements whose own names a case: asserted by it (alone), or (shared) shared with it; filtered by a caveat
// params: case: str, shared: bool, alone: bool, lacking: str, holding: str, limit: int
// returns: what, id
// example: case=$case, shared=$true, alone=$false, lacking=$nothing, holding=$nothing, limit=$limit
MATCH (c:Case {id: $case})<-[:REQUIRES]-(v:Visibility)
WITH collect(DISTINCT v.id) AS labels
CALL (labels) {
  MATCH (x:Entry) WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'Entry' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH (x:Subject) WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'Subject' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH (x:Document) WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'Document' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH (x:Event) WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'Event' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH (x:Attribute) WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'Attribute' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:SUBJECT_OF]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'SUBJECT_OF' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:FILED_IN]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'FILED_IN' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:PART_OF]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'PART_OF' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:MENTIONS]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'MENTIONS' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:INVOLVED_IN]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'INVOLVED_IN' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:HAS_IDENTIFIER]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'HAS_IDENTIFIER' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:ABOUT]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'ABOUT' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:AT]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'AT' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:LINKED_TO]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'LINKED_TO' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:SAME_AS]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'SAME_AS' AS what, x.id AS id LIMIT $limit
  UNION ALL MATCH ()-[x:RELATED_TO]->() WHERE x.visibility IN labels AND ($case IN x.cases OR ($shared AND $case IN x.shared))
    AND (NOT $alone OR size(x.cases) = 1) AND ($lacking IS NULL OR NOT $lacking IN x.caveats) AND ($holding IS NULL OR $holding IN x.caveats)
  RETURN 'RELATED_TO' AS what, x.id AS id LIMIT $limit
}
RETURN what, id LIMIT $limit
