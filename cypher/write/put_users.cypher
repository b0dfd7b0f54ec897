// name: put_users
// access: control
// summary: people, made or changed
// params: rows: list
// returns: written
// example: rows=$rows
UNWIND $rows AS row
MERGE (u:User {id: row.id})
SET u.name = row.name, u.contact = row.contact, u.user_class = row.user_class, u.desk = row.desk,
  u.email = row.email, u.webhook = row.webhook
RETURN count(*) AS written
