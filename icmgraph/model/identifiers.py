"""Identifiers: one normalised text for every way of writing the same value. Pure, no I/O.

The key is a function of what one assertion says and of nothing else: the kind, the text as written,
and the declared region (phone) or postcode (address). No table that records feed, no look-up.

Two wrong answers are weighed at each rule. Values merged that differ give a needless pointer, which a
call clears up; values kept apart that are the same give silence. Where both are likely the value is
refused, and the sender told how to write it. Check digits are never enforced: a number that was copied
wrongly into a report is still what the report says.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from url_normalize import url_normalize

from icmgraph.errors import InvalidInput
from icmgraph.model.folding import MAX_CHARS, bounded_key, casefold, clean, fold

NORMALISER = "1"
"""Version of the rules, kept beside each raw form. A new one whenever a rule changes, or the data of
phonenumbers, idna, anyascii or Python's Unicode tables changes the key of any value."""

UNKNOWN_REGION = "ZZ"
"""A declared "country unknown" (CLDR's and phonenumbers' code), for phones."""


class IdentifierKind(StrEnum):
    """What an identifier is; the first part of its key, so a value never matches across kinds."""

    PHONE = "phone"
    EMAIL = "email"
    URL = "url"
    IP = "ip"
    VIN = "vin"
    PLATE = "plate"
    ACCOUNT = "account"
    ADDRESS = "address"
    DOCUMENT = "document"
    HANDLE = "handle"
    WALLET = "wallet"
    IMEI = "imei"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NormalisedIdentifier:
    """``value`` is the normalised text, at most 4,096 characters; ``key`` is ``kind:value``, or
    ``kind:#<SHA-256 of value, hex>`` when that is over 512 bytes of UTF-8."""

    kind: IdentifierKind
    value: str
    key: str


def normalise(
    kind: IdentifierKind,
    as_written: str,
    *,
    region: str | None = None,
    postcode: str | None = None,
    field: str = "value",
) -> NormalisedIdentifier:
    """The identifier that ``as_written`` stands for.

    ``region`` (two letters, ISO 3166) matters for phones only, ``postcode`` for addresses only; each
    kind's rule is on its function below. A normalised value given again is itself, without a region.

    Raises ``InvalidInput`` and nothing else on any text. It names ``field``, or the field's sibling
    ``region`` or ``postcode``; its message never holds the value.
    """
    if kind is IdentifierKind.PHONE:
        value = _phone(clean(as_written, field=field), region, field)
    elif kind is IdentifierKind.ADDRESS:
        value = _address(clean(as_written, field=field, breaks=True), postcode, field)
    else:
        value = _RULES[kind](clean(as_written, field=field), field)
    if not value:
        raise InvalidInput("holds no letters or digits", field=field)
    if len(value) > MAX_CHARS:
        raise InvalidInput(f"normalised, it is longer than {MAX_CHARS} characters", field=field)
    return NormalisedIdentifier(kind, value, bounded_key(kind.value, value))


def _sibling(field: str, name: str) -> str:
    parent, dot, _ = field.rpartition(".")
    return f"{parent}{dot}{name}"


# Digits of any script and the usual separators. No letters: phonenumbers reads them as vanity digits,
# and "call ... now" would become part of the number.
_PHONE = re.compile(
    r"(?:tel:)?(?P<number>[(\s]*\+?[\d\s()./\-\u2010-\u2015\u2212]+)"
    r"(?:;?\s*(?:ext(?:ension|\.)?|x|#)[\s=:]*\d{1,8})?",
    re.IGNORECASE,
)
_LOCAL = re.compile("local:[0-9]{7,15}")


def _phone(text: str, region: str | None, field: str) -> str:
    """E.164 (``+12025550143``), else ``local:<digits>``.

    With ``+``: must be possible in its country (length and country code). Possible, not valid: ranges
    are assigned all the time, lengths hardly ever change, so keys last. Without ``+`` a region is
    needed: the same digits are other phones in other countries. What is not possible in that region, or
    whose region is ``ZZ``, but has 7 to 15 digits (15: the most of E.164), is kept as its bare digits:
    odd numbers stand in real files and must be found again by who writes the same digits. An extension
    is dropped: the key is the line.
    """
    text = unicodedata.normalize("NFKC", text)
    if _LOCAL.fullmatch(text):
        return text
    match = _PHONE.fullmatch(text)
    if match is None:
        raise InvalidInput("not a phone number: digits, separators and one leading + only", field=field)
    number = match["number"]
    if "+" in number:
        e164 = _e164(number, None)
        if e164 is None:
            raise InvalidInput("not a possible number of any country", field=field)
        return e164
    if region is None:
        raise InvalidInput("write + and the country code, or name the region", field=field)
    region = region.upper()
    if region != UNKNOWN_REGION:
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise InvalidInput("not a region: two letters of ISO 3166", field=_sibling(field, "region"))
        e164 = _e164(number, region)
        if e164 is not None:
            return e164
    digits = "".join(str(unicodedata.digit(char)) for char in number if char.isdecimal())
    if not 7 <= len(digits) <= 15:
        raise InvalidInput("not a phone number: 7 to 15 digits", field=field)
    return f"local:{digits}"


def _e164(number: str, region: str | None) -> str | None:
    """E.164 if possible. Parsed until it stays the same: each round takes one trunk prefix (+44 00...)."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return e164 if e164 == number else _e164(e164, None)


def _email(text: str, field: str) -> str:
    """Local part in lower case, ``@``, domain as IDNA ASCII; ``mailto:`` and ``<>`` around it go.

    No DNS. RFC 5321 lets a host tell case apart in the local part; none in use does, and people write
    both. Dots and ``+tag`` are kept: what they mean is up to the host. Names reserved by RFC 6761
    (``.onion``, ``.local``) are refused by email-validator: kind ``other`` holds them.
    """
    if text[:7].lower() == "mailto:":
        text = text[7:].strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip()
    local, at, domain = text.rpartition("@")
    try:
        # Not casefold: it would merge strauß with strauss, which are two mailboxes.
        checked = validate_email(
            local.lower() + at + domain,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_quoted_local=True,
            test_environment=True,  # takes .test, which is for invented addresses
        )
    except EmailNotValidError:
        checked = None
    if checked is None:
        raise InvalidInput("not an e-mail address", field=field)
    return f"{checked.local_part}@{checked.ascii_domain}"


_URL_SCHEMES = frozenset({"http", "https", "ftp", "ftps"})
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


def _url(text: str, field: str) -> str:
    """url-normalize's rules: scheme and host in lower case, IDNA, no default port, dot segments
    resolved, minimal escapes; without a scheme ``https``. Scheme, query order, fragment and final
    slash are kept: they may tell resources apart. http, https, ftp and ftps; a host with a dot or an
    IPv6 address.
    """
    try:
        # A second round: resolving one escape or empty part can uncover another.
        parts = urlsplit(url_normalize(url_normalize(text)) or "")
        host = parts.hostname or ""
        known = parts.scheme in _URL_SCHEMES and parts.port != 0
        if ":" in host:
            user, at, _ = parts.netloc.rpartition("@")
            port = f":{parts.port}" if parts.port else ""
            parts = parts._replace(netloc=f"{user}{at}{_ip_host(host)}{port}")
        elif len(host) > 253 or not _HOST.fullmatch(host):
            known = False
    except ValueError:
        known = False
    if not known:
        raise InvalidInput("not a web address", field=field)
    return parts.geturl()


def _ip_host(host: str) -> str:
    address = _plain(ipaddress.IPv6Address(host))
    return f"[{address}]" if ":" in address else address


def _ip(text: str, field: str) -> str:
    """The shortest form of RFC 5952; an IPv4-mapped IPv6 address as IPv4; brackets and zone dropped.

    Leading zeros in IPv4 are refused: some programs read them as octal. Networks and ports too.
    """
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        value = _plain(ipaddress.ip_address(text))
    except ValueError:
        value = ""
    if not value:
        raise InvalidInput("not an IP address", field=field)
    return value


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.IPv6Address(int(address)))
    return str(address)


_VIN = re.compile("[A-HJ-NPR-Z0-9]{17}")


def _vin(text: str, field: str) -> str:
    """17 letters and digits without I, O, Q (ISO 3779), upper case; spaces and hyphens dropped.

    The check digit is a North American rule only. A chassis number of before 1981: kind ``other``.
    """
    value = re.sub(r"[\s\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", text)).upper()
    if not _VIN.fullmatch(value):
        raise InvalidInput("not a VIN: 17 letters and digits without I, O and Q", field=field)
    return value


def _letters_and_digits(text: str, field: str) -> str:
    """Plates, accounts (IBAN among them), document numbers: letters and digits, as upper-case ASCII.

    No country is part of the key: one file names it and another does not, and they must meet. Equal
    plates of two countries share an identifier; what else is known of the vehicles tells them apart.
    """
    return fold(text).replace(" ", "").upper()


def _address(text: str, postcode: str | None, field: str) -> str:
    """Folded words, then ``|`` and the postcode's letters and digits if there is one.

    The postcode may also stand in the text after its last ``|``. Abbreviations are not expanded:
    ``St`` is both street and saint.
    """
    if postcode is None or not postcode.strip():
        street, _, code = text.rpartition("|") if "|" in text else (text, "", "")
    else:
        street, code = text, clean(postcode, field=_sibling(field, "postcode"))
    words, folded_code = fold(street), fold(code).replace(" ", "")
    if not words:
        raise InvalidInput("an address needs more than a postcode", field=field)
    return f"{words}|{folded_code}" if folded_code else words


def _handle(text: str, field: str) -> str:
    """Without leading ``@``, case folded, scripts kept; no platform: people reuse handles."""
    return casefold(text).lstrip("@ ")


_WALLET = re.compile("[A-Za-z0-9:._-]+")
_HEX = re.compile("0[xX][0-9a-fA-F]+")
_BECH32_UPPER = re.compile("[A-Z]+1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{6,}")


def _wallet(text: str, field: str) -> str:
    """Case kept, since base58 needs it, spaces dropped; in lower case where case says nothing: ``0x``
    hexadecimal (EIP-55 uses it as a checksum) and bech32 in capitals (BIP 173, as in QR codes)."""
    value = re.sub(r"\s", "", text)
    if not _WALLET.fullmatch(value):
        raise InvalidInput("not a wallet address", field=field)
    return value.lower() if _HEX.fullmatch(value) or _BECH32_UPPER.fullmatch(value) else value


def _imei(text: str, field: str) -> str:
    """The 14 digits that name the device, of an IMEI (14, or 15 with check digit) or IMEISV (16).

    The 15th is dropped: networks report 0 there. A MEID in hexadecimal: kind ``other``.
    """
    digits = fold(text).replace(" ", "")
    if not re.fullmatch("[0-9]{14,16}", digits):
        raise InvalidInput("not an IMEI: 14 to 16 digits", field=field)
    return digits[:14]


def _other(text: str, field: str) -> str:
    """Compatibility forms and case folded (NFKC), white space collapsed; scripts and signs kept."""
    return casefold(text)


_RULES: dict[IdentifierKind, Callable[[str, str], str]] = {
    IdentifierKind.EMAIL: _email,
    IdentifierKind.URL: _url,
    IdentifierKind.IP: _ip,
    IdentifierKind.VIN: _vin,
    IdentifierKind.PLATE: _letters_and_digits,
    IdentifierKind.ACCOUNT: _letters_and_digits,
    IdentifierKind.DOCUMENT: _letters_and_digits,
    IdentifierKind.HANDLE: _handle,
    IdentifierKind.WALLET: _wallet,
    IdentifierKind.IMEI: _imei,
    IdentifierKind.OTHER: _other,
}
