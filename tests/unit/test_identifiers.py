"""Identifiers: what each kind merges, keeps apart and refuses, and laws that hold for any text."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.errors import InvalidInput
from icmgraph.model.identifiers import NORMALISER, IdentifierKind, NormalisedIdentifier, normalise

K = IdentifierKind
VIN = "1M8GDM9AXKP042788"

# Each row: the value, then ways to write it. A pair is (text, region) for phones, (text, postcode) for addresses.
SAME: dict[K, dict[str, list[str | tuple[str, str | None]]]] = {
    K.PHONE: {
        "+12025550143": [
            "+1 202 555 0143",
            "+1 (202) 555-0143",
            "(+1) 202.555.0143",
            "tel:+1-202-555-0143",
            "＋１ ２０２ ５５５ ０１４３",
            "\u202a+1\u00a0202\u2011555\u20110143\u202c",
            "+1 202 555 0143 ext. 12",
            "+1-202-555-0143;ext=12",
            "+12025550143x12",
            ("(202) 555-0143", "US"),
            ("1 202 555 0143", "us"),
            ("+1 202 555 0143", "GB"),
            ("001 202 555 0143", "DE"),
        ],
        "+442079460018": [
            "+44 20 7946 0018",
            "+44 (0)20 7946 0018",
            ("020 7946 0018", "GB"),
            ("٠٢٠ ٧٩٤٦ ٠٠١٨", "GB"),
            ("011 44 20 7946 0018", "US"),
        ],
        "+39061234567": ["+39 06 1234567", ("06 1234567", "IT")],
        "local:59976405104": [
            ("5-(997)640-5104", "GB"),
            ("5 997 640 5104", "ZZ"),
            ("٥-٩٩٧-٦٤٠-٥١٠٤", "ZZ"),
            "local:59976405104",
        ],
        "local:00708933322": [("0-(070)893-3322", "US"), ("0-(070)893-3322", "ZZ")],
        "local:5550143": [("555-0143", "US")],
    },
    K.EMAIL: {
        "ann@example.com": [
            "Ann@Example.COM",
            " ann@example.com ",
            "mailto:ann@example.com",
            "<ann@example.com>",
            '"ann"@example.com',
            "ann\u200b@example.com",
        ],
        "ann+x@example.com": ["Ann+X@example.com"],
        "ann@xn--bcher-kva.example": ["ann@bücher.example", "ann@BÜCHER.example", "ann@xn--bcher-kva.example"],
        "ann@office.test": ["Ann@office.test"],
        "jürgen@example.com": ["JÜRGEN@example.com", "ju\u0308rgen@example.com"],
        '"ann lee"@example.com': ['"Ann Lee"@example.com'],
    },
    K.URL: {
        "https://example.com/": [
            "example.com",
            "//example.com",
            "HTTPS://EXAMPLE.com:443",
            "https://example.com./",
            "https://example.com/a/..",
        ],
        "http://example.com/~ann?b=2&a=1#top": ["http://Example.com:80/%7eann?b=2&a=1#top"],
        "https://xn--bcher-kva.example/%C3%BC": ["bücher.example/ü", "https://BÜCHER.example/%c3%bc"],
        "https://example.com:8443/x": ["example.com:8443/x"],
        "https://[2001:db8::1]/": ["https://[2001:0DB8:0::1]:443/"],
        "https://192.0.2.7/": ["https://[::ffff:192.0.2.7]/"],
    },
    K.IP: {
        "192.0.2.7": ["192.0.2.7", " 192.0.2.7", "::ffff:192.0.2.7", "[::FFFF:c000:0207]"],
        "2001:db8::1": ["2001:0DB8:0:0:0:0:0:1", "[2001:db8::1]", "2001:db8::0001"],
        "fe80::1": ["fe80::1%eth0", "FE80::1"],
    },
    K.VIN: {VIN: [VIN, VIN.lower(), "1M8 GDM9AXK P042788", "1M8-GDM9AXK-P042788", "１M8GDM9AXKP042788"]},
    K.PLATE: {
        "RY52APF": ["RY52 APF", "ry52-apf", "RY 52·APF", "ＲＹ５２ＡＰＦ"],
        "MUX123": ["MÜ-X 123", "MU X123", "Mü\u00adX 123"],
        "A123VS": ["А123ВС"],  # Cyrillic letters, by sound
    },
    K.ACCOUNT: {
        "GB33BUKB20201555555555": ["GB33 BUKB 2020 1555 5555 55", "gb33-bukb-20201555555555"],
        "12345678": ["12-34-56-78", "١٢٣٤٥٦٧٨"],
    },
    K.ADDRESS: {
        "178 polding street|wn34nl": [
            ("178 Polding Street", "WN3 4NL"),
            ("178, POLDING  STREET", "wn34nl"),
            ("178 Polding\r\nStreet.", "WN3-4NL"),
            "178 Polding Street | WN3 4NL",
        ],
        "12 high street": ["12 High Street", ("12 High Street", None), ("12 High Street", " "), "12 High Street|"],
        "ulitsa lenina 5": ["улица Ленина, 5"],
        "st johns rd 3|12345": [("St. John's Rd. 3", "12345"), ("St John’s Rd #3", "123 45")],
        "a b|c": [("a|b", "c"), "a|b|c"],
    },
    K.DOCUMENT: {"X1234567": ["X 123-4567", "x1234567"]},
    K.HANDLE: {"ann.lee": ["@Ann.Lee", "@@ann.lee", "＠ann.lee"], "strasse": ["Straße"], "аня": ["@Аня"]},
    K.WALLET: {
        "0xde0b295669a9fd93d5f28d9ec85e40f4cb697bae": [
            "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",
            "0XDE0B295669A9FD93D5F28D9EC85E40F4CB697BAE",
        ],
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4": [
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1qw508d6qejx tdg4y5r3zarvary0c5xw7kv8f3t4",
        ],
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT": ["1BoatSLRHtKNngkdXEeobR76b53LETtpyT"],
    },
    K.IMEI: {"35209900176148": ["35-209900-176148-1", "352099001761480", "3520990017614823", "35209900176148"]},
    K.OTHER: {"badge no. 7": ["Badge  No. 7", " BADGE NO. 7", "ｂadge no. 7"], "tattoo: ❤": ["Tattoo: ❤"]},
}

# Values that look alike or nearly so, and must not meet.
APART: list[tuple[K, str, str]] = [
    (K.PHONE, "+1 202 555 0143", "+1 202 555 0144"),
    (K.EMAIL, "ann@example.com", "аnn@example.com"),  # Cyrillic a
    (K.EMAIL, "ann@example.com", "ann@exаmple.com"),
    (K.EMAIL, "ann@example.com", "ａnn@example.com"),
    (K.EMAIL, "strauss@example.com", "strauß@example.com"),
    (K.EMAIL, "ann@example.com", "ann@mail.example.com"),
    (K.EMAIL, "annlee@example.com", "ann.lee@example.com"),
    (K.EMAIL, "ann@fass.example", "ann@faß.example"),
    (K.URL, "https://example.com/", "http://example.com/"),
    (K.URL, "https://example.com/a", "https://example.com/A"),
    (K.URL, "https://example.com/a", "https://example.com/a/"),
    (K.URL, "https://example.com/a%2Fb", "https://example.com/a/b"),
    (K.URL, "https://example.com/?q=a%26b", "https://example.com/?q=a&b"),
    (K.URL, "https://example.com/", "https://exаmple.com/"),
    (K.URL, "https://example.com/", "https://www.example.com/"),
    (K.IP, "192.0.2.1", "192.0.2.10"),
    (K.PLATE, "B0B 1", "BOB 1"),
    (K.PLATE, "AB12 CDE", "AB12 CDF"),
    (K.PLATE, "A123BC", "А123ВС"),  # Cyrillic В and С sound otherwise than they look
    (K.ACCOUNT, "0012345", "12345"),
    (K.ADDRESS, "12 High St", "12 High Street"),
    (K.ADDRESS, "1 23 High Street", "12 3 High Street"),
    (K.HANDLE, "ann", "аnn"),
    (K.HANDLE, "ann_lee", "annlee"),
    (K.WALLET, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "1boatSLRHtKNngkdXEeobR76b53LETtpyT"),
    (K.OTHER, "a-1", "a1"),
    (K.OTHER, "é", "e"),
]

BAD: list[tuple[K, list[str | tuple[str, str | None]]]] = [
    (
        K.PHONE,
        [
            "202 555 0143",  # of which country?
            "+1 555 0143",  # no area code
            "+999 1234567",
            "+12025550143 now",
            "call +12025550143",
            "1-800-FLOWERS",
            "++12025550143",
            "+1 202 555 0143 +1 202 555 0144",
            "+",
            "-",
            "*67 2025550143",
            ("911", "US"),
            ("555-0143", "XX"),
            ("555-0143", ""),
            ("1234567890123456", "US"),
            ("123456", "ZZ"),
            "local:123",
            "local:+12025550143",
        ],
    ),
    (K.EMAIL, ["ann", "ann@", "@example.com", "ann@example", "ann.@example.com", "Ann <ann@example.com>", "a@b@c"]),
    (
        K.EMAIL,
        ["ann@[192.0.2.7]", "ann@example.com.", "ann@ex ample.com", "ann@mail.onion", "mailto:", "<>", "a@xn--.com"],
    ),
    (K.URL, ["mailto:ann@example.com", "javascript:alert(1)", "file:///etc/hosts", "/path", "?", "#", "hello", "::"]),
    (K.URL, ["http://[bad/", "http://a b.com/", "http://example.com:99999/", "http://example.com:x/", "http://"]),
    (K.URL, ["http://[1.2.3.4]/", "http://" + "a." * 130 + "com", "http://example.com:²/"]),
    (K.IP, ["1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "192.0.2.0/24", "1.2.3.4:80", "::1::", "1.2.3.4%eth0"]),
    (K.IP, ["١.٢.٣.٤", "1.2.3.４"]),
    (K.VIN, [VIN[:-1], VIN + "1", VIN.replace("8", "O", 1), VIN.replace("8", "I", 1), VIN.replace("A", "А")]),
    (K.PLATE, ["---", "😀", "\ue000"]),
    (K.ACCOUNT, ["-", "€"]),
    (K.ADDRESS, ["...", "|WN3 4NL", ("-", "WN3 4NL"), ("12 High Street", "WN3\x004NL")]),
    (K.DOCUMENT, ["/"]),
    (K.HANDLE, ["@", "@ @", "＠"]),
    (K.WALLET, ["1Boat/SLR", "кошелёк", "0x12?"]),
    (K.IMEI, ["3520990017614", "35209900176148123", "35209900176148A", "A0000012345678"]),
]
ALWAYS_BAD = ["", "  ", "\u200b", "a\x00b", "a\x1bb", "a\x7fb", "a\x85b", "\ud800", "a\udfffb", "1" * 4097]


def call(kind: K, case: str | tuple[str, str | None], field: str = "value") -> NormalisedIdentifier:
    text, second = case if isinstance(case, tuple) else (case, None)
    if kind is K.ADDRESS:
        return normalise(kind, text, postcode=second, field=field)
    return normalise(kind, text, region=second, field=field)


@pytest.mark.parametrize(
    ("kind", "value", "case"),
    [(kind, value, case) for kind, rows in SAME.items() for value, cases in rows.items() for case in cases],
)
def test_ways_to_write_one_value_meet(kind: K, value: str, case: str | tuple[str, str | None]) -> None:
    assert call(kind, case) == NormalisedIdentifier(kind, value, f"{kind.value}:{value}")
    assert normalise(kind, value).value == value


@pytest.mark.parametrize(("kind", "one", "other"), APART)
def test_values_that_only_look_alike_stay_apart(kind: K, one: str, other: str) -> None:
    assert normalise(kind, one).key != normalise(kind, other).key


@pytest.mark.parametrize(
    ("kind", "case"),
    [(kind, case) for kind, cases in BAD for case in cases] + [(kind, case) for kind in K for case in ALWAYS_BAD],
)
def test_bad_values_are_refused_by_field_and_not_repeated(kind: K, case: str | tuple[str, str | None]) -> None:
    with pytest.raises(InvalidInput) as caught:
        call(kind, case, "selectors.0.value")
    assert caught.value.field in {"selectors.0.value", "selectors.0.region", "selectors.0.postcode"}
    assert caught.value.message in MESSAGES


# All texts there are, so none can hold a value.
MESSAGES = {
    "longer than 4096 characters",
    "normalised, it is longer than 4096 characters",
    "holds control characters or broken Unicode",
    "is empty",
    "holds no letters or digits",
    "not a phone number: digits, separators and one leading + only",
    "not a phone number: 7 to 15 digits",
    "not a possible number of any country",
    "write + and the country code, or name the region",
    "not a region: two letters of ISO 3166",
    "not an e-mail address",
    "not a web address",
    "not an IP address",
    "not a VIN: 17 letters and digits without I, O and Q",
    "an address needs more than a postcode",
    "not a wallet address",
    "not an IMEI: 14 to 16 digits",
}


@pytest.mark.parametrize(("field", "named"), [("value", "region"), ("selectors.3.value", "selectors.3.region")])
def test_a_bad_region_or_postcode_names_its_own_field(field: str, named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise(K.PHONE, "202 555 0143", region="Wales", field=field)
    assert caught.value.field == named
    with pytest.raises(InvalidInput) as caught:
        normalise(K.ADDRESS, "12 High Street", postcode="\x00", field=field)
    assert caught.value.field == named.replace("region", "postcode")


def test_kinds_never_meet() -> None:
    assert len({normalise(kind, "12345678").key for kind in (K.ACCOUNT, K.PLATE, K.DOCUMENT, K.OTHER)}) == 4


def test_a_long_key_is_a_digest() -> None:
    fits, over = "a" * (512 - len("other:")), "a" * (513 - len("other:"))
    assert normalise(K.OTHER, fits).key == f"other:{fits}"
    assert normalise(K.OTHER, over).key == f"other:#{hashlib.sha256(over.encode()).hexdigest()}"
    assert normalise(K.OTHER, "ж" * 300).key.startswith("other:#")  # bytes, not characters
    assert normalise(K.OTHER, over).value == over


# Biased to what the rules look at; plain st.text() seldom gets past the first test.
PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "+1",
            "+44",
            "0",
            "00",
            "(0)",
            "202",
            "555",
            "-",
            "local:",
            "tel:",
            "ext5",
            "@",
            "ann",
            ".com",
            "example",
            "https://",
            "http:",
            "//",
            "/..",
            "?",
            "&",
            "#",
            "#!",
            "%",
            "%2e",
            "%23",
            "[::1]",
            ":80",
            "::",
            "1.2.3.4",
            "|",
            "0x",
            "BC1",
            "QQQQQQ",
            "1M8GDM9AXKP04278",
            "mailto:",
            "<",
            ">",
            '"',
            "xn--",
            "İ",
            "ß",
            "ﷺ",
            "́",
        ]
    ),
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text("0123456789 +-()", max_size=20),
    st.lists(PIECES, max_size=8).map("".join),
    st.characters(codec=None).map(lambda char: char * 300),
)
REGIONS = st.sampled_from([None, "ZZ", "US", "GB", "DE", "IT", "AR", "MX", "BR", "RU", "CN", "BJ", "XX", ""])


def attempt(
    kind: K, text: str, region: str | None = None, postcode: str | None = None
) -> NormalisedIdentifier | InvalidInput:
    try:
        return normalise(kind, text, region=region, postcode=postcode)
    except InvalidInput as error:
        return error


@given(st.sampled_from(K), TEXTS, REGIONS, st.none() | st.text(max_size=10))
def test_laws(kind: K, text: str, region: str | None, postcode: str | None) -> None:
    """Refused with a known text, or: a bounded key, the same each time, and the value is its own value."""
    first = attempt(kind, text, region, postcode)
    if isinstance(first, InvalidInput):
        assert first.message in MESSAGES
        assert first.field in {"value", "region", "postcode"}
        return
    assert first == normalise(kind, text, region=region, postcode=postcode)
    assert first == normalise(kind, first.value)
    assert len(first.key.encode()) <= 512
    assert first.key.startswith(f"{kind.value}:")


@given(st.sampled_from([K.EMAIL, K.URL, K.IP]), TEXTS, st.text(max_size=5))
def test_the_libraries_refusals_are_not_repeated(kind: K, before: str, after: str) -> None:
    sentinel = "q9z7"
    seen: object = attempt(kind, before + sentinel + after)
    while isinstance(seen, BaseException):
        assert sentinel not in str(seen)
        seen = seen.__cause__ or seen.__context__


@given(st.sampled_from([K.PLATE, K.ACCOUNT, K.DOCUMENT, K.OTHER, K.HANDLE, K.ADDRESS]), st.text("aZ5é Ж-.", min_size=1))
def test_case_and_outer_space_never_matter(kind: K, text: str) -> None:
    def key(variant: str) -> str:
        got = attempt(kind, variant)
        return got.message if isinstance(got, InvalidInput) else got.key

    assert key(text) == key(text.upper()) == key(text.lower()) == key(f"  {text} ")


def test_the_data_behind_the_rules_is_the_reviewed_one() -> None:
    """An upgrade may change keys without a change here. Compare old and new keys over real values; if any
    differ, raise NORMALISER; then write the new versions down."""
    reviewed = {
        "anyascii": "0.3.3",
        "email-validator": "2.4.0",
        "idna": "3.20",
        "phonenumbers": "9.0.43",
        "url-normalize": "3.1.0",
    }
    assert (NORMALISER, {name: version(name) for name in reviewed}) == ("1", reviewed)


def test_import_and_use_warn_of_nothing_and_open_no_connection() -> None:
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise SystemExit('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from icmgraph.model.identifiers import IdentifierKind as K, normalise\n"
        "normalise(K.EMAIL, 'ann@bücher.example'); normalise(K.URL, 'http://bücher.example/ü')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
