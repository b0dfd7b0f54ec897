// name: users
// access: control
// summary: users by id
// params: ids: list
// returns: id, name, contact, user_class
// example: ids=$users
MATCH (u:User) WHERE u.id IN $ids
RETURN u.id AS id, u.name AS name, u.contact AS contact, u.user_class AS user_class
