// name: holds_content
// access: control
// summary: whether there is anything beside the directory and what init makes: such a graph is not loaded offline
// params: 
// returns: found
// example: 
RETURN EXISTS { (:Case) } OR EXISTS { (:Subject) } OR EXISTS { (:Attribute) } OR EXISTS { (:Document) }
  OR EXISTS { (:Event) } OR EXISTS { (:Entry) } OR EXISTS { (:NameKey) } OR EXISTS { (:Spelling) } OR EXISTS { (:Identifier) }
  OR EXISTS { (:Visibility) } OR EXISTS { (:Audience) } OR EXISTS { (:ImportRow) } OR EXISTS { (:DigestRun) }
  OR EXISTS { (:Check) } OR EXISTS { (:Notice) } OR EXISTS { (:Registration) } OR EXISTS { (:WatchKey) }
  OR EXISTS { (:Match) } OR EXISTS { (:Digest) } OR EXISTS { (:Flood) } OR EXISTS { (:Task) } OR EXISTS { (:Certificate) }
  OR EXISTS { (:Job) } OR EXISTS { (:Refusal) } OR EXISTS { (:Once) } AS found
