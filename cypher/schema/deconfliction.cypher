// name: deconfliction
// access: schema
// summary: the desk's notices
// params: 
// returns: nothing
// example: 
CREATE INDEX notice_desk IF NOT EXISTS FOR (n:Notice) ON (n.desk);
