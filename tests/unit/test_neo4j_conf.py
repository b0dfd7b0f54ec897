"""The managed server's settings."""

from __future__ import annotations

from pathlib import Path

from icmgraph.local_neo4j import conf


def test_the_operator_has_the_last_word_on_all_but_the_address(tmp_path: Path) -> None:
    (tmp_path / "local.conf").write_text(
        "# a comment\n\n server.memory.pagecache.size = 4g\nserver.bolt.listen_address=0.0.0.0:1\n"
    )
    text = conf.render({"server.memory.pagecache.size": "64m"}, conf.read(tmp_path / "local.conf"), 7999)
    (tmp_path / "neo4j.conf").write_text(text)
    settings = conf.read(tmp_path / "neo4j.conf")
    assert settings["server.memory.pagecache.size"] == "4g"
    assert settings["server.bolt.listen_address"] == "127.0.0.1:7999"
    assert conf.port_of(settings) == 7999
    assert len(text.splitlines()) == len(settings), "a setting given twice stops Neo4j"


def test_no_file_no_port(tmp_path: Path) -> None:
    assert conf.port_of(conf.read(tmp_path / "none")) is None


def test_nothing_leaves_the_machine() -> None:
    settings = conf.render({}, {}, 7687).splitlines()
    for off in (
        "server.http.enabled",
        "server.https.enabled",
        "dbms.usage_report.enabled",
        "server.fleet_discovery.enabled",
        "dbms.fleet_manager.enabled",
        "dbms.security.allow_csv_import_from_file_urls",
    ):
        assert f"{off}=false" in settings
