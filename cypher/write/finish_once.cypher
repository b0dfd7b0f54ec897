// name: finish_once
// access: control
// summary: what a request that may come again was answered: ids alone
// params: key: str, kind: str, answer: str, cases: list
// returns: key
// example: key=$digest, kind=$text, answer=$text, cases=$cases
MATCH (o:Once {key: $key}) SET o.kind = $kind, o.answer = $answer, o.cases = $cases
RETURN o.key AS key
