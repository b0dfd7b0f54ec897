// name: auditors
// access: control
// summary: the auditors
// params: 
// returns: id
// example: 
MATCH (u:User) WHERE u.user_class = 'auditor'
RETURN u.id AS id ORDER BY id
