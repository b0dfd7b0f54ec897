// name: deconfliction
// access: schema
// summary: the desk's notices, what is to leave for notices, registrations and the keys they seek, what they met, conflicts, and what is told in a digest
// params: 
// returns: nothing
// example: 
CREATE INDEX notice_desk IF NOT EXISTS FOR (n:Notice) ON (n.desk);
CREATE CONSTRAINT delivery_id IF NOT EXISTS FOR (n:Delivery) REQUIRE n.id IS UNIQUE;
CREATE INDEX delivery_waiting IF NOT EXISTS FOR (n:Delivery) ON (n.dead, n.channel);
CREATE CONSTRAINT registration_id IF NOT EXISTS FOR (n:Registration) REQUIRE n.id IS UNIQUE;
CREATE INDEX watchkey_key IF NOT EXISTS FOR (n:WatchKey) ON (n.key);
CREATE INDEX watchkey_tail IF NOT EXISTS FOR (n:WatchKey) ON (n.tail);
CREATE CONSTRAINT match_digest IF NOT EXISTS FOR (n:Match) REQUIRE n.digest IS UNIQUE;
CREATE CONSTRAINT canary_digest IF NOT EXISTS FOR (n:Canary) REQUIRE n.digest IS UNIQUE;
CREATE CONSTRAINT digestrun_id IF NOT EXISTS FOR (n:DigestRun) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT flood_id IF NOT EXISTS FOR (n:Flood) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT flood_key IF NOT EXISTS FOR (n:Flood) REQUIRE (n.run, n.key) IS UNIQUE;
CREATE INDEX flood_run IF NOT EXISTS FOR (n:Flood) ON (n.run);
CREATE CONSTRAINT digest_key IF NOT EXISTS FOR (n:Digest) REQUIRE n.key IS UNIQUE;
CREATE INDEX digest_run IF NOT EXISTS FOR (n:Digest) ON (n.run);
CREATE INDEX check_run IF NOT EXISTS FOR (n:Check) ON (n.run);
CREATE CONSTRAINT conflict_id IF NOT EXISTS FOR (n:Conflict) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT conflict_open IF NOT EXISTS FOR (n:Conflict) REQUIRE n.open IS UNIQUE;
CREATE CONSTRAINT conflictside_id IF NOT EXISTS FOR (n:ConflictSide) REQUIRE n.id IS UNIQUE;
CREATE INDEX conflictside_desk IF NOT EXISTS FOR (n:ConflictSide) ON (n.desk);
CREATE INDEX conflictside_look IF NOT EXISTS FOR (n:ConflictSide) ON (n.look);
CREATE INDEX conflictside_registration IF NOT EXISTS FOR (n:ConflictSide) ON (n.registration);
CREATE INDEX case_disclosure IF NOT EXISTS FOR (n:Case) ON (n.disclosure);
CREATE INDEX subject_disclosure IF NOT EXISTS FOR (n:Subject) ON (n.disclosure);
CREATE INDEX case_silence_broken IF NOT EXISTS FOR (n:Case) ON (n.silence_broken);
CREATE INDEX subject_silence_broken IF NOT EXISTS FOR (n:Subject) ON (n.silence_broken);
CREATE INDEX registration_due IF NOT EXISTS FOR (n:Registration) ON (n.due);
CREATE INDEX registration_approved IF NOT EXISTS FOR (n:Registration) ON (n.approved_by);
CREATE CONSTRAINT matter_id IF NOT EXISTS FOR (n:Matter) REQUIRE n.id IS UNIQUE;
CREATE INDEX matter_at IF NOT EXISTS FOR (n:Matter) ON (n.at);
CREATE INDEX conflictside_against IF NOT EXISTS FOR (n:ConflictSide) ON (n.against);
