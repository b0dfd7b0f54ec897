"""Where a person is told that they have a notice: a mailbox, or an address that takes webhooks."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, HttpUrl, TypeAdapter, ValidationError

_URL = TypeAdapter(HttpUrl)


def _mailbox(text: str) -> str:
    """A bare host is taken too (``jo@mail``): the office's own server delivers. Names reserved by RFC 6761 are not."""
    try:
        checked = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise ValueError("is not an e-mail address") from None
    return checked.ascii_email or checked.normalized


def _endpoint(text: str) -> str:
    try:
        url = _URL.validate_python(text)
    except ValidationError:
        raise ValueError("is not a web address") from None
    if url.username is not None or url.password is not None or url.fragment is not None:
        raise ValueError("is a web address with a user, a password or a fragment")
    if url.scheme != "https" and not is_loopback(url.host or ""):
        raise ValueError("is a web address without https")
    return str(url)


def is_loopback(host: str) -> bool:
    """Whether it is this machine: nobody reads along there."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


Mailbox = Annotated[str, AfterValidator(_mailbox)]
"""An e-mail address."""
Endpoint = Annotated[str, AfterValidator(_endpoint)]
"""The address of a webhook: https, or http on this machine."""
