"""What the process counts of itself, for Prometheus.

Labels are route templates, methods, statuses and the like: never a case, a person or a selector. Even bare counts tell
what others do, so they are no route of the API: ``ICM_METRICS_PORT`` opens a port of their own, on loopback only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from icmgraph.errors import OperatorError, Unavailable

disable_created_metrics()  # type: ignore[no-untyped-call] # a second line for each count, of which nothing is read
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

REQUESTS = Histogram(
    "icmgraph_request_seconds",
    "Requests by route, and how long they took; a check waits for its moment to leave.",
    ("method", "route", "status"),
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20),  # a read is given up after 20 s
    registry=REGISTRY,
)
AGAIN = Counter(
    "icmgraph_begun_again",
    "Requests begun again because a right or a label changed under them; after some tries they end in 503.",
    ("kind",),
    registry=REGISTRY,
)
WALKS = Counter(
    "icmgraph_walks",
    "Questions that walk the graph, by what answered who is next to whom; without ICM_MEMORY none is counted.",
    ("by",),
    registry=REGISTRY,
)
AUDIT = Histogram(
    "icmgraph_audit_append_seconds",
    "One audit record, with the wait for the writers' turn; every request writes two.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),  # given up after 5 s
    registry=REGISTRY,
)
DELIVERIES = Counter(
    "icmgraph_deliveries",
    "Tries to tell somebody that they have a notice: sent, failed, or dead, which is the last of those that failed.",
    ("channel", "result"),
    registry=REGISTRY,
)
CONNECTIONS = Gauge("icmgraph_neo4j_connections_in_use", "Units of work on the graph just now.", registry=REGISTRY)
CONNECTIONS_MOST = Gauge("icmgraph_neo4j_connections_most", "Size of the pool of connections.", registry=REGISTRY)

Counts = Callable[[], dict[str, int]]


class _Pending(Collector):
    """What is left to do, asked for when Prometheus asks."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        try:
            counts = self._counts()
        except Unavailable:
            yield GaugeMetricFamily("icmgraph_graph_up", "Whether the graph answers.", 0)
            return
        yield GaugeMetricFamily("icmgraph_graph_up", "Whether the graph answers.", 1)
        for what, count in counts.items():
            yield GaugeMetricFamily(f"icmgraph_{what}_pending", f"How many {what} wait to be done.", count)


@contextmanager
def served(port: int | None, counts: Counts) -> Iterator[None]:
    """Prometheus' page on 127.0.0.1 during the block; nothing without a port.

    Raises:
        OperatorError: the port is taken.
    """
    if port is None:
        yield
        return
    pending = _Pending(counts)
    REGISTRY.register(pending)
    try:
        try:
            server, thread = start_http_server(port, "127.0.0.1", REGISTRY)
        except OSError as error:
            raise OperatorError(f"ICM_METRICS_PORT ({port}) is taken: set it to another") from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
    finally:
        REGISTRY.unregister(pending)
