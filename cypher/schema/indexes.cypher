// name: indexes
// access: schema
// summary: label look-ups, seeks on identifier keys under a label, and the control plane's own
// params: 
// returns: nothing
// example: 
DROP INDEX namekey_key_spelling IF EXISTS;
CREATE INDEX case_visibility IF NOT EXISTS FOR (n:Case) ON (n.visibility);
CREATE INDEX subject_visibility IF NOT EXISTS FOR (n:Subject) ON (n.visibility);
CREATE INDEX attribute_visibility IF NOT EXISTS FOR (n:Attribute) ON (n.visibility);
CREATE INDEX document_visibility IF NOT EXISTS FOR (n:Document) ON (n.visibility);
CREATE INDEX event_visibility IF NOT EXISTS FOR (n:Event) ON (n.visibility);
CREATE INDEX event_starts IF NOT EXISTS FOR (n:Event) ON (n.starts);
CREATE INDEX entry_visibility IF NOT EXISTS FOR (n:Entry) ON (n.visibility);
CREATE INDEX namekey_visibility IF NOT EXISTS FOR (n:NameKey) ON (n.visibility);
CREATE INDEX subject_of_visibility IF NOT EXISTS FOR ()-[r:SUBJECT_OF]-() ON (r.visibility);
CREATE INDEX filed_in_visibility IF NOT EXISTS FOR ()-[r:FILED_IN]-() ON (r.visibility);
CREATE INDEX part_of_visibility IF NOT EXISTS FOR ()-[r:PART_OF]-() ON (r.visibility);
CREATE INDEX mentions_visibility IF NOT EXISTS FOR ()-[r:MENTIONS]-() ON (r.visibility);
CREATE INDEX involved_in_visibility IF NOT EXISTS FOR ()-[r:INVOLVED_IN]-() ON (r.visibility);
CREATE INDEX has_attribute_visibility IF NOT EXISTS FOR ()-[r:HAS_ATTRIBUTE]-() ON (r.visibility);
CREATE INDEX key_of_visibility IF NOT EXISTS FOR ()-[r:KEY_OF]-() ON (r.visibility);
CREATE INDEX has_identifier_visibility IF NOT EXISTS FOR ()-[r:HAS_IDENTIFIER]-() ON (r.visibility);
CREATE INDEX about_visibility IF NOT EXISTS FOR ()-[r:ABOUT]-() ON (r.visibility);
CREATE INDEX at_visibility IF NOT EXISTS FOR ()-[r:AT]-() ON (r.visibility);
CREATE INDEX linked_to_visibility IF NOT EXISTS FOR ()-[r:LINKED_TO]-() ON (r.visibility);
CREATE INDEX same_as_visibility IF NOT EXISTS FOR ()-[r:SAME_AS]-() ON (r.visibility);
CREATE INDEX related_to_visibility IF NOT EXISTS FOR ()-[r:RELATED_TO]-() ON (r.visibility);
CREATE INDEX case_audience IF NOT EXISTS FOR (n:Case) ON (n.audience);
CREATE INDEX has_identifier_key_audience IF NOT EXISTS FOR ()-[r:HAS_IDENTIFIER]-() ON (r.key, r.audience);
CREATE INDEX has_identifier_key_visibility IF NOT EXISTS FOR ()-[r:HAS_IDENTIFIER]-() ON (r.key, r.visibility);
CREATE INDEX mentions_key_audience IF NOT EXISTS FOR ()-[r:MENTIONS]-() ON (r.key, r.audience);
CREATE INDEX mentions_key_visibility IF NOT EXISTS FOR ()-[r:MENTIONS]-() ON (r.key, r.visibility);
CREATE INDEX at_key_audience IF NOT EXISTS FOR ()-[r:AT]-() ON (r.key, r.audience);
CREATE INDEX at_key_visibility IF NOT EXISTS FOR ()-[r:AT]-() ON (r.key, r.visibility);
CREATE INDEX namekey_key_audience IF NOT EXISTS FOR (n:NameKey) ON (n.key, n.audience);
CREATE INDEX namekey_key_visibility IF NOT EXISTS FOR (n:NameKey) ON (n.key, n.visibility);
CREATE INDEX namekey_audience_key IF NOT EXISTS FOR (n:NameKey) ON (n.audience, n.key);
CREATE INDEX namekey_visibility_key IF NOT EXISTS FOR (n:NameKey) ON (n.visibility, n.key);
CREATE INDEX identifier_tail IF NOT EXISTS FOR (n:Identifier) ON (n.tail);
CREATE INDEX epochmove_value IF NOT EXISTS FOR (n:EpochMove) ON (n.value);
CREATE INDEX epochmove_at IF NOT EXISTS FOR (n:EpochMove) ON (n.at);
CREATE INDEX job_state IF NOT EXISTS FOR (n:Job) ON (n.state);
CREATE INDEX job_updated IF NOT EXISTS FOR (n:Job) ON (n.updated);
CREATE INDEX once_at IF NOT EXISTS FOR (n:Once) ON (n.at);
CREATE INDEX made_by_at IF NOT EXISTS FOR ()-[r:MADE]-() ON (r.by, r.at);
CREATE INDEX check_state IF NOT EXISTS FOR (n:Check) ON (n.state);
CREATE INDEX visibility_audience IF NOT EXISTS FOR (n:Visibility) ON (n.audience);
CREATE INDEX change_at IF NOT EXISTS FOR (n:Change) ON (n.at);
