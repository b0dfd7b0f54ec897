"""Words of names: those that tell little, short forms of companies, numbers, short forms of given names.

All folded (``folding.fold``). Written for icmgraph from common knowledge, but for the English short forms of given
names, which are those of the package ``nicknames`` (Apache-2.0, curated).
"""

from __future__ import annotations

from functools import cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    """
    mr mrs ms miss mx dr prof professor sir dame lord lady madam monsieur madame mme mlle herr frau senor senora don
    dona sheikh shaikh sheik haji hajji hadji president prasident prince princess king queen general gen colonel col
    captain capt major maj sergeant sgt lieutenant lt rev reverend hon jr sr ii iii iv phd md esq
    """
)
PARTICLES = _words(
    """
    al el as ash ul abu abd bin ben ibn bint de del della der den di da das do dos du la le les van von vom zu zum of
    the and und et for in mv ms mt ss
    """
)
SHIPS = _words("the mv ms mt ss")
"""What stands before a name of a ship or a company and is not part of it."""

_SHORTENED = """
aktiengesellschaft = ag
gesellschaft mit beschrankter haftung = gmbh
public limited company = plc
open joint stock company = ojsc
public joint stock company = pjsc
joint stock company = jsc
limited liability company = llc
limited liability partnership = llp
limited = ltd
incorporated = inc
corporation = corp
company = co
sociedad anonima = sa
societe anonyme = sa
societa per azioni = spa
societate cu raspundere limitata = srl
societatea cu raspundere limitata = srl
obshchestvo s ogranichennoy otvetstvennostyu = llc
aktsionernoe obshchestvo = jsc
spolka z ograniczona odpowiedzialnoscia = spzoo
sp zoo = spzoo
ooo = llc
oao = ojsc
zao = cjsc
pao = pjsc
ao = jsc
pte ltd = ltd
pty ltd = ltd
international = intl
brothers = bros
saint = st
"""
LONG = 7
"""Letters of a word that stays the same word with one of them wrong."""
SHORTENED = tuple(tuple(line.split(" = ")) for line in _SHORTENED.strip().splitlines())
"""Forms of companies and other words, written out and short. Applied in this order: the longer ones come first."""

LEGAL_FORMS = _words(
    """
    ag ab as asa oy oyj sa sas sarl srl spa sl nv bv kg ohg gmbh mbh ev ug plc ltd limited llc llp lp inc corp ooo oao
    zao pao ao ano jsc ojsc cjsc pjsc pty pte kft rt ad spzoo
    """
)
"""Forms of companies that one company has one of."""
FORMS = LEGAL_FORMS | _words("incorporated corporation co company cie sp zoo doo")

_NUMBERS = """
zero|one first 1st|two second 2nd|three third 3rd|four fourth 4th|five fifth 5th|six sixth 6th|seven seventh 7th|
eight eighth 8th|nine ninth 9th|ten tenth 10th|eleven eleventh 11th|twelve twelfth 12th
"""
NUMBERS = {word: str(number) for number, words in enumerate(_NUMBERS.split("|")) for word in words.split()}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
TENS = {word: str(number) for number, word in enumerate(_TENS.split(), 2)}
"""The first digit of a number of two."""
WRITTEN_OUT = tuple(sorted({word for long, _ in SHORTENED for word in long.split() if len(word) >= LONG}))
"""Long words of forms of companies, which are known with a letter wrong too."""

_SHORT_FORMS = """
aleksandr alexander sasha shura sanya alik
aleksey alexei alexey alyosha lyosha
anastasia nastya asya
dmitri dmitriy dmitry dima mitya
ekaterina katerina katya
evgeni evgeniy evgeny yevgeny zhenya
ivan vanya
maria mariya masha
mikhail misha
nikolai nikolay kolya
sergei sergey sergej seryozha
tatiana tatyana tanya
vladimir volodya vova volodymyr
francisco paco pancho curro
guadalupe lupe
ignacio nacho
jose pepe
manuel manolo
jesus chuy chucho
enrique quique
giuseppe beppe peppe pino
luigi gigi
hans johannes johann
friedrich fritz
georg jorg schorsch
josef sepp
wilhelm willi
mohammed muhammad mohamed mohammad muhammed mo
"""
"""Not English; a line holds forms of one name."""


@cache
def _short_forms() -> dict[str, frozenset[str]]:
    from nicknames import name_triplets  # a file of 2,700 pairs, which only a search by name needs

    found: dict[str, set[str]] = {}
    pairs = [(name, nick) for name, _, nick in name_triplets()]
    lines = [line.split() for line in _SHORT_FORMS.strip().splitlines()]
    pairs += [(one, other) for line in lines for one in line for other in line if one != other]
    for name, nick in pairs:
        found.setdefault(name, set()).add(nick)
        found.setdefault(nick, set()).add(name)
    return {name: frozenset(others) for name, others in found.items()}


def nicknames(word: str) -> frozenset[str]:
    """The names that a given name is short for, or that are short for it; symmetric, not transitive."""
    return _short_forms().get(word, frozenset())
