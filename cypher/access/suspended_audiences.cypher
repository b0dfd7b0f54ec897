// name: suspended_audiences
// access: control
// summary: audiences that are in no scope until elements have caught up
// params: 
// returns: id
// example: 
MATCH (t:Task) UNWIND t.audiences AS id
RETURN DISTINCT id
