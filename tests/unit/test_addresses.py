"""Settings of the mail server that cannot work, and what is not loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from icmgraph.model.addresses import is_loopback
from icmgraph.settings import Settings


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("[::1]", True), ("", False),
     ("example.org", False), ("localhost.example.org", False), ("10.0.0.1", False), ("0.0.0.0", False)],
)  # fmt: skip
def test_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) == here


@pytest.mark.parametrize(
    "said",
    [
        {"smtp_host": "mail.example.org"},
        {"smtp_host": "mail.example.org", "smtp_from": "icm"},
        {"smtp_host": "mail.example.org", "smtp_from": "icm@example.org", "smtp_tls": "none"},
        {"smtp_host": "mail.example.org", "smtp_from": "icm@example.org", "smtp_tls": "maybe"},
        {"smtp_host": "mail.example.org", "smtp_from": "icm@example.org", "smtp_user": "icm"},
        {"smtp_host": "mail.example.org", "smtp_from": "icm@example.org", "smtp_password_file": Path("word")},
        {"delivery_tries": 0},
    ],
)
def test_settings_that_cannot_work(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(said)


def test_mail_to_this_machine_needs_no_encryption() -> None:
    said = {"smtp_host": "127.0.0.1", "smtp_from": "icm@example.org", "smtp_tls": "none"}
    assert Settings.model_validate(said).smtp_port == 587
