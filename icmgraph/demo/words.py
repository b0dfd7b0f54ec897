"""The demo world's small vocabulary: all names are invented, and meant to be recognised as such.

Family names beyond Latin script mean "invented", "imaginary", "example" or "never was" in their language.
"""

from __future__ import annotations

from typing import NamedTuple


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    "Corvin Selda Maelis Tobrin Ysolde Harken Liora Brannoc Fenna Caspian Mirel Osric Junia Aldous Tamsin Anselm "
    "Wendeline Perrin Isolda Thaddeus Orla Lucan Vesper Emeric Sabeth Quill Damaris Florian Hester Ivo"
)
FAMILY = _words(
    "Quillfeather Brambletoe Oakenshade Fernwhistle Marrowbone Copperkettle Saltmarsh Windlestraw Nettlebank Hollowby "
    "Duskwater Larkspire Mudgrave Tinderbox Candlewick Rookhurst Greyfallow Thimbleby Mothersole Puddlegate "
    "Cobblewick Foxmantle"
)
STAFF = _words("Dapplemere Eiderwell Gallowglen Haywarden Inkpenny Juniperry Kettlebeck Lanternjack")
"""Family names of the bureau's own people, whom no case is about."""


class Script(NamedTuple):
    """Names of one language: full names are ``given family``, or ``family given`` when ``family_first``."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    nationality: str
    family_first: bool = False
    separator: str = " "


SCRIPTS = (
    Script(GIVEN, FAMILY, "Meridian"),
    Script(
        ("Вельмир", "Ратибор", "Добрыня", "Святогор", "Любомысл"),
        ("Небывалов", "Выдумкин", "Сказкин", "Мнимов", "Никогдаев"),
        "Borovian",
        family_first=True,
    ),
    Script(("Λέανδρος", "Ίκαρος", "Φαίδων", "Αρίων"), ("Μυθόπουλος", "Ανυπαρκτίδης", "Φανταστάκης"), "Thalassian"),
    Script(("سامر", "ليلى", "نادر", "هالة"), ("الخيالي", "المزعوم", "الوهمي"), "Qamari"),
    Script(("子虚", "乌有", "想象", "若无"), ("贾", "甄", "吴"), "Lanxi", family_first=True, separator=""),
    Script(("太郎", "花子", "一郎"), ("架空", "仮名", "例野"), "Hinomori", family_first=True),
    Script(("נועה", "אורי", "תמר"), ("בדיוני", "דמיוני", "אלמוני"), "Galilean Coast"),
    Script(("रवि", "मीरा", "अनु"), ("काल्पनिक", "कल्पित"), "Suryapur"),
    Script(("Inés", "Íñigo", "Begoña", "Martín"), ("Fulánez", "Menganero", "Zutánigo"), "Nuevo Ejemplo"),
    Script(("Jürgen", "Käthe", "Günther"), ("Mustermännle", "Beispielhuber", "Platzhälter"), "Musterland"),
    Script(("Çağla", "Şükrü", "Gülşen"), ("Örnekoğlu", "Hayalî", "Uydurukçu"), "Örnekistan"),
)
SCRIPT_WEIGHTS = (60, 8, 4, 5, 4, 3, 3, 3, 4, 3, 3)
"""Of 100 people so many write their name so."""

FIRMS = ("Imports", "Freight", "Holdings", "Marine", "Recycling", "Catering", "Motors", "Trading", "Storage", "Travel")
ADJECTIVES = _words("Paper Tin Copper Velvet Hollow Amber Silent Crooked Winter Salt Iron Glass Painted Borrowed")
NOUNS = _words("Heron Harbor Lantern Orchard Compass Kettle Sparrow Anvil Ferry Thistle Mirror Tide Ladder Comet")
CATEGORIES = ("narcotics", "fraud", "organized crime", "trafficking", "cyber", "corruption", "vehicle theft")
STREETS = ("Lantern Row", "Cinder Lane", "Mill Parade", "Orchard Steps", "Quarry Road", "Ferry Street", "Salt Wharf")
MAKES = (("Ostrava", "Comet"), ("Halden", "Pike"), ("Marlow", "Estate"), ("Tanager", "GT"), ("Brisk", "Van"))
COLOURS = ("blue", "white", "black", "silver", "red", "green")
ROLES = ("suspect", "suspect", "target", "associate", "associate", "witness", "victim", "informant")
LINKS = ("associates", "associates", "family", "calls", "pays", "employs")
DOCUMENTS = ("report of investigation", "statement", "warrant", "exhibit", "surveillance log")
DESCRIPTIONS = (
    "tall, grey coat, limps on the left",
    "red beard, speaks three languages",
    "scar over the right eyebrow",
    "always carries a green umbrella",
)

AREAS = (202, 206, 212, 214, 215, 303, 305, 312, 313, 314, 404, 412, 415, 503, 504, 512, 602, 617, 702, 713, 801)
"""Area codes; each has the hundred numbers 555-0100 to 555-0199 that are kept for fiction."""
DOMAINS = ("example.com", "example.org", "example.net")
