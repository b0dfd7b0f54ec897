"""The managed server, there and back: what was open is settled, and what people hold still holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from icmgraph import home as homes
from icmgraph import operator
from icmgraph.api.tokens import LocalIssuer, Verifier, verifier
from icmgraph.errors import OperatorError
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.local_neo4j.files import private_folder, write
from icmgraph.queries.cursors import Cursors
from icmgraph.settings import Settings
from tests.conftest import PLANS_STAY
from tests.integration.imports import TWIN

ASKED: dict[str, Any] = {"limit": 50}


@pytest.fixture
def two_homes(
    guarded_home: Path, small_server: Callable[..., LocalNeo4j], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Path]]:
    """The homes of an installation and of its successor; the commands find small servers in them."""
    monkeypatch.setattr(LocalNeo4j, "of", lambda settings: small_server(settings.home))
    homes = guarded_home / "one", guarded_home / "two"
    keep_plans(homes[0])
    try:
        yield homes
    finally:
        for home in homes:
            small_server(home).stop()


def keep_plans(home: Path) -> None:
    """Four servers that are started cold plan enough as it is."""
    write(private_folder(private_folder(home) / "neo4j") / "local.conf", PLANS_STAY)


@pytest.mark.long
def test_there_and_back(two_homes: tuple[Path, Path], tmp_path: Path) -> None:
    one, two = (Settings(home=home, local_issuer=True) for home in two_homes)
    server = LocalNeo4j.of(one)
    started = server.start()
    operator.initialise(one)
    with operator.platform(one) as opened:
        person = operator.first_administrator(opened, "Ada Admin", "room 1")
        report, _ = operator.import_data(opened, TWIN, "pole")
        assert report.tables[-1]["imported"] > 0
        token = LocalIssuer.create(one.home).issue(person)
        cursor = Cursors(opened.keys.cursors).seal(person, "cases.list", ASKED, ("2026-1", "an id"))
        before = asdict(operator.check_invariants(opened))
        # Two acts that never ended; one of them is in the graph. This process lives on.
        left = [
            opened.audit.intent(who="x", action=action, kind="write", parameters={}, at=datetime.now(UTC))
            for action in ("in.the.graph", "not.in.it")
        ]
        opened.gateway.write(lambda tx: tx.control("record_act", intent=left[0]))
        path, manifest = operator.backup(one, tmp_path)
        assert server.status().is_ready
        assert server.connection() == started, "where it was"
        assert asdict(operator.check_invariants(opened)) == before, "and its clients go on"
    server.stop()

    assert operator.restore(two, path) == manifest
    keep_plans(two.home)
    successor = LocalNeo4j.of(two)
    assert not successor.status().running
    with pytest.raises(OperatorError, match="icmgraph neo4j start"):
        operator.open_platform(two)
    assert successor.start().password != started.password
    with operator.platform(two) as opened:
        assert homes.restored(two.home) is None
        said = {entry["body"]["intent"]: entry["body"] for entry in opened.audit.export() if "intent" in entry["body"]}
        assert [(said[intent]["result"], said[intent]["recovered"]) for intent in left] == [
            ("done", True), ("not done", True),
        ]  # fmt: skip
        assert opened.audit.verify().ok
        found = operator.check_invariants(opened)
        assert found.ok
        assert asdict(found) == before
        check: Verifier = verifier(two, LocalIssuer.create(two.home))
        assert check.user(f"Bearer {token}") == person
        assert Cursors(opened.keys.cursors).open(person, "cases.list", ASKED, cursor) == ("2026-1", "an id")
        again, _ = operator.import_data(opened, TWIN, "pole")
        assert again.tables[-1]["imported"] == 0
        assert asdict(operator.check_invariants(opened)) == before
    assert operator.migrate(two) == []
    with pytest.raises(OperatorError, match="this is there"):
        operator.restore(two, path)
