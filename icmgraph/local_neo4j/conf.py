"""How the managed server is set up."""

from __future__ import annotations

from pathlib import Path

JAVA_FLAGS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-XX:+UseG1GC",
    "-XX:+ExitOnOutOfMemoryError",  # one that limps on answers nobody and holds the data
)
# What an operator's own local.conf may change, and why it is as it is.
_DEFAULTS = {
    "server.http.enabled": "false",  # nothing but Bolt is used
    "server.https.enabled": "false",
    "dbms.usage_report.enabled": "false",  # nothing leaves the machine
    "server.fleet_discovery.enabled": "false",  # else it broadcasts on the network
    "dbms.fleet_manager.enabled": "false",
    "dbms.security.allow_csv_import_from_file_urls": "false",  # no query reads the machine's files
    "db.logs.query.enabled": "OFF",  # texts and parameters would put selectors into a log
    "db.logs.query.parameter_logging_enabled": "false",
    "db.tx_log.preallocate": "false",  # two databases would take half a gigabyte before the first record
    "db.tx_log.rotation.retention_policy": "256M size",  # kept for recovery only: no incremental backup here
    "db.transaction.monitor.check.interval": "200ms",  # a time-out of 0.5 s then takes 0.6, not 1.3
    # Idle, the server waits 5 s for each of two thread pools before it goes; its databases are shut by then.
    "internal.server.bolt.thread_pool_shutdown_wait_time": "500ms",
    "internal.dbms.bolt.local_enabled": "false",
}
# Settings that 5.26 does not know, and refuses: it has none of this.
_AFTER_LTS = {"server.fleet_discovery.enabled", "dbms.fleet_manager.enabled"}
_ADDRESS = "server.bolt.listen_address"


def render(sizes: dict[str, str], local: dict[str, str], port: int, *, lts: bool = False) -> str:
    """The text of neo4j.conf. ``local``, the operator's own, has the last word on all but the address."""
    address = f"127.0.0.1:{port}"
    defaults = {key: value for key, value in _DEFAULTS.items() if not (lts and key in _AFTER_LTS)}
    lines = defaults | sizes | local | {_ADDRESS: address, "server.bolt.advertised_address": address}
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def read(path: Path) -> dict[str, str]:
    """The settings in a file of the form of neo4j.conf; none if there is no such file."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def port_of(settings: dict[str, str]) -> int | None:
    """The port of a server with these settings, as :func:`render` wrote them."""
    _, _, port = settings.get(_ADDRESS, "").rpartition(":")
    return int(port) if port.isdecimal() else None
