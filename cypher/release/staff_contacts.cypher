// name: staff_contacts
// access: release
// summary: whether anybody's directory entry holds one of these e-mail addresses, or one of these ends of phone numbers
// params: emails: list, phones: list
// returns: found
// example: emails=$labels, phones=$labels
OPTIONAL MATCH (u:User) WHERE toLower(u.email) IN $emails OR u.contact IS NOT NULL AND (
  any(word IN split(reduce(text = toLower(u.contact), mark IN [',', ';', ':', '<', '>', '(', ')'] | replace(text, mark, ' ')), ' ')
    WHERE word IN $emails)
  OR any(phone IN $phones WHERE
    reduce(text = u.contact, mark IN [' ', '-', '.', '(', ')', '/'] | replace(text, mark, '')) CONTAINS phone))
RETURN count(u) > 0 AS found
