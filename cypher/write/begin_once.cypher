// name: begin_once
// access: control
// summary: lock the mark of a request that may come again; one that is too old begins anew
// params: key: str, request: str, hours: int
// returns: request, kind, answer, cases
// example: key=$digest, request=$digest, hours=$one
MERGE (o:Once {key: $key}) ON CREATE SET o.request = $request, o.at = datetime.realtime()
SET o.lock = 0
WITH o, o.at < datetime.realtime() - duration({hours: $hours}) AS old
FOREACH (_ IN CASE WHEN old THEN [1] ELSE [] END |
  SET o.request = $request, o.at = datetime.realtime() REMOVE o.kind, o.answer, o.cases)
RETURN o.request AS request, o.kind AS kind, o.answer AS answer, o.cases AS cases
