"""Notes and keys against published ones, and what is none."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from icmgraph import keys
from icmgraph.audit.checkpoint import Checkpoint, PublicKey, Signer, notes, unsigned
from icmgraph.errors import OperatorError

# The example in the documentation of golang.org/x/mod/sumdb/note, which defined the form
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = f"""{TEXT}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
# The example of c2sp.org/tlog-checkpoint
PUBLISHED = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
LOG = Signer(Ed25519PrivateKey.from_private_bytes(b"an invented key for tests, 32 by"))
NOTE = LOG.checkpoint(3, bytes(range(32)))


def test_the_published_note() -> None:
    signer = Signer(Ed25519PrivateKey.from_private_bytes(SEED), "PeterNeumann")
    assert str(signer.public) == KEY
    assert signer.sign(TEXT) == SIGNED
    assert PublicKey.parse(KEY) == signer.public
    assert PublicKey.parse(KEY).verify(SIGNED) == TEXT


def test_the_published_checkpoint() -> None:
    found = unsigned(PUBLISHED)
    assert (found.origin, found.size, len(found.root)) == ("example.com/behind-the-sofa", 20852163, 32)
    assert PUBLISHED.startswith(found.text + "\n")


def test_there_and_back() -> None:
    assert LOG.public.checkpoint(NOTE) == Checkpoint(LOG.public.name, 3, bytes(range(32)))
    assert PublicKey.parse(f"{LOG.public}\n") == LOG.public
    witnessed = NOTE + "— witness.example/1 AAAAAAAA\n"
    assert LOG.public.checkpoint(witnessed) == LOG.public.checkpoint(NOTE)
    assert notes(NOTE + NOTE + "\n" + witnessed) == [NOTE, NOTE, witnessed]
    assert notes("") == []


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("", "not a signed note"),
        (NOTE.partition("\n\n")[0] + "\n", "not a signed note"),
        (NOTE.replace("\n3\n", "\n4\n"), "not signed by this key"),
        (NOTE.replace("— icmgraph", "— other"), "not signed by this key"),
        (Signer(Ed25519PrivateKey.generate(), LOG.public.name).checkpoint(3, bytes(32)), "not signed by this key"),
        (LOG.sign(f"another.example\n3\n{base64.b64encode(bytes(32)).decode()}\n"), "another log"),
        (LOG.sign(f"{LOG.public.name}\n03\n{base64.b64encode(bytes(32)).decode()}\n"), "not a checkpoint"),
        (LOG.sign(f"{LOG.public.name}\n3\n{base64.b64encode(bytes(31)).decode()}\n"), "not a checkpoint"),
        (LOG.sign(f"{LOG.public.name}\n3\n{base64.b64encode(bytes(32)).decode()}\nmore\n"), "not a checkpoint"),
        (LOG.sign(f"{LOG.public.name}\n3\n?\n"), "not base64"),
    ],
)
def test_what_is_no_checkpoint_of_this_log(note: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        LOG.public.checkpoint(note)


@pytest.mark.parametrize(
    "line",
    ["", "x", "x+y", KEY.replace("c74f20a3", "c74f20a4"), KEY.replace("Neumann", " Neumann"), KEY[:-4], KEY + "A"],
)
def test_what_is_no_public_key(line: str) -> None:
    with pytest.raises(ValueError, match="not"):
        PublicKey.parse(line)


@pytest.mark.parametrize("text", ["x", NOTE[:-30].rpartition("\n")[0], NOTE + "rest\n"])
def test_a_file_that_holds_something_else(text: str) -> None:
    with pytest.raises(ValueError, match="cut short"):
        notes(text)


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert keys.read_audit(home) is None
    old = os.umask(0)
    try:
        made = keys.create_audit(home)
    finally:
        os.umask(old)
    path = home / "keys" / keys.AUDIT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Signer(keys.create_audit(home)).public == Signer(made).public
    path.chmod(0o640)
    with pytest.raises(OperatorError, match="chmod 600"):
        keys.create_audit(home)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(OperatorError, match="restore it"):
        keys.create_audit(home)
