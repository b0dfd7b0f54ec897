"""The one door to Neo4j: sessions, time-outs, retries, the error map, the binding of scopes.

The only module that imports ``neo4j``. It knows queries by name, and no domain type beside Scope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal, TypeVar

import neo4j
from neo4j import exceptions as driver_errors
from neo4j import unit_of_work

from icmgraph.errors import Conflict, GraphUnavailable, IcmError, Unavailable
from icmgraph.metrics import CONNECTIONS, CONNECTIONS_MOST
from icmgraph.model.access import BITS, Scope
from icmgraph.queries.catalogue import Access, Query, as_bits, by_label, sent

T = TypeVar("T")
Row = dict[str, Any]

READ_TIMEOUT = 20.0
"""Seconds for a read transaction: over it the person is better served by a narrower question."""
WRITE_TIMEOUT = 600.0
"""Seconds for a write: relabelling a large case is one long transaction, and is never refused for size."""
RETRIES = 20
"""Times a unit of work is begun again because something it built on went away; each is a race lost to somebody."""
INDEXED_WITHIN = 7200
"""Seconds for all indexes of a graph that is there already: ten million relationships take minutes."""
POOL = 64
"""Connections: at least as many as the web server has worker threads (45), or some starve."""
TOLD_MOST = 10_000
"""Records and expressions that one Change names; of more it only says that everything is to be read anew."""

LISTED = 300
"""Entries of a scope up to which they are sent as lists; above, as bits: an entry of a list takes as long to send as
some 200 bytes."""
NOTHING = Scope((), (), 0)
BIT = [2**n for n in range(BITS)]
AFTER = ["answer", "epoch", "now"]
"""What a scoped query's one record holds; the last in microseconds since ``BEGAN``."""
BEGAN = datetime(1970, 1, 1, tzinfo=UTC)

GIVEN = "given"
"""The one parameter that is sent."""
_PARAMETER = re.compile(r"\$(\w+)")

_ALREADY = frozenset({str, int, float, bool, type(None)})
_TEMPORAL = (neo4j.time.DateTime, neo4j.time.Date, neo4j.time.Time, neo4j.time.Duration)


class Retry(Exception):
    """Raised by a unit of work that met a state it must not build on: begin again from the start."""


def translate(error: BaseException) -> IcmError:
    """The project's error for any error of the driver. Texts are fixed: nothing of the server's passes."""
    if isinstance(error, driver_errors.ConstraintError):
        return Conflict("it was written already")
    if isinstance(error, driver_errors.AuthError):
        return GraphUnavailable("the graph refused our user or password")
    if isinstance(error, driver_errors.ClientError) and "TransactionTimedOut" in (error.code or ""):
        return GraphUnavailable("the question took too long; ask for less at once")
    return GraphUnavailable()


def _plain(value: Any) -> Any:
    if type(value) in _ALREADY:
        return value
    if isinstance(value, _TEMPORAL):
        return value.to_native() if not isinstance(value, neo4j.time.Duration) else str(value)
    if isinstance(value, list):
        # Long lists are of plain values: some hundred thousand numbers at once where the graph is read into memory.
        return value if set(map(type, value)) <= _ALREADY else [_plain(item) for item in value]
    if isinstance(value, dict):
        for key, item in value.items():  # in its place: pictures are of a thousand maps
            if type(item) not in _ALREADY:
                value[key] = _plain(item)
    return value


class Transaction:
    """One open transaction; runs queries of the catalogue by name, each under its declared access.

    It collects what those change of links and audiences, and ``tell`` writes that to the feed.
    """

    def __init__(self, tx: neo4j.ManagedTransaction | neo4j.Transaction, catalogue: Mapping[str, Query]) -> None:
        self._tx = tx
        self._catalogue = catalogue
        self._links: set[str] = set()
        self._audiences: set[int] = set()
        self._after: tuple[int, datetime] | None = None

    def scoped(self, name: str, scope: Scope, /, **parameters: Any) -> list[Row]:
        """Run a ``scoped`` query under ``scope``."""
        query = self._catalogue[name]
        bound = _bound(query, scope, parameters)
        return self._run(name, Access.SCOPED, bound, sent(query.text, in_bits="bit" in bound))

    def epoch_after(self) -> tuple[int, datetime]:
        """The epoch and the clock after all that was read: the last statement's, if it was scoped."""
        if self._after is None:
            after = self.control("read_epoch")[0]
            return after["value"], after["now"]
        return self._after

    def personal(self, name: str, me: str, /, **parameters: Any) -> list[Row]:
        """Run a ``personal`` query for the person with id ``me``."""
        return self._run(name, Access.PERSONAL, {**parameters, "me": me})

    def control(self, name: str, /, **parameters: Any) -> list[Row]:
        """Run a ``control`` query: policy and the writers only."""
        return self._run(name, Access.CONTROL, parameters)

    def release(self, name: str, scope: Scope = NOTHING, /, **parameters: Any) -> list[Row]:
        """Run a ``release`` query: the deconfliction service only. ``scope``: in which what is seen is marked."""
        query = self._catalogue[name]
        bound = _bound(query, scope, parameters)
        return self._run(name, Access.RELEASE, bound, as_bits(query.text) if "bit" in bound else query.text)

    def _run(self, name: str, access: Access, parameters: dict[str, Any], text: str = "") -> list[Row]:
        query = self._catalogue[name]
        if query.access is not access:
            raise AssertionError(f"{name} is {query.access}, not {access}")
        # Of an entry that the map lacks the server says nothing: it is null.
        if missing := query.params.keys() - parameters.keys():
            raise AssertionError(f"{name} wants {sorted(missing)} too")
        self._after = None
        try:
            records = self._send(text or query.text, parameters)
            rows = [_plain(row) for record in records for row in _rows(record)]
            if records and records[0].keys() == AFTER:
                self._after = records[0]["epoch"], BEGAN + timedelta(microseconds=records[0]["now"])
            if query.links:
                self._links.update(_named(query.links, parameters, rows))
            if query.audiences:
                self._audiences.update(_named(query.audiences, parameters, rows))
            return rows
        except driver_errors.TransientError as error:
            # The driver takes a full memory pool for retryable and tries for half a minute; it will not get better.
            if "MemoryPool" in (error.code or ""):
                raise GraphUnavailable("the question needs too much memory; ask for less at once") from error
            raise
        except driver_errors.ClientError as error:
            # A MERGE that met the deletion of its node; marked not retryable, and it is.
            if "EntityNotFound" in (error.code or ""):
                raise Retry from error
            raise

    def tell(self) -> None:
        """Write what was changed to the feed, if anything was: the last statement of a WRITE transaction.

        The feed's lock is taken after all others and held until the commit, so that numbers come in its order.
        """
        if self._links or self._audiences:
            all_ = len(self._links) + len(self._audiences) > TOLD_MOST
            records, audiences = ([], []) if all_ else (sorted(self._links), sorted(self._audiences))
            self.control("put_change", records=records, expressions=audiences, all=all_)

    def _send(self, text: str, parameters: dict[str, Any]) -> list[neo4j.Record]:
        return list(self._tx.run(in_one(text), {GIVEN: parameters}))


@cache
def in_one(text: str) -> str:
    """The text with its parameters as entries of one map, ``GIVEN``.

    The server makes a plan, in up to a second, for each combination of parameters that are null and of rough sizes of
    lists; of what is in a map it knows neither, and makes one.
    """
    return _PARAMETER.sub(rf"${GIVEN}.\1", text)


def _bound(query: Query, scope: Scope, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the scope, in bits (with ``bit``) if it is a large one."""
    in_bits = scope.entries > LISTED
    bound = dict(parameters)
    if in_bits:
        audiences, pages, visibilities = scope.bits
        bound |= {"audience_bits": audiences, "visibility_pages": pages, "visibility_bits": visibilities, "bit": BIT}
    if not in_bits or (parameters[query.seeks] if query.seeks else by_label(query.text)):
        bound |= {"audiences": list(scope.audiences), "visibilities": list(scope.visibilities)}
    else:
        bound |= {"audiences": [], "visibilities": []}
    return bound


def _rows(record: neo4j.Record) -> Iterable[Row]:
    """Of a query that collects them as maps, ``answer``: rows cost more than what is in them."""
    return record["answer"] if record.keys()[:1] == ["answer"] else (dict(record),)


def _named(where: str, parameters: Mapping[str, Any], rows: Iterable[Row]) -> Iterable[Any]:
    """The ids that a header line names: ``a.b`` of the parameters, or ``-> a`` of the rows; single ones or lists."""
    column = where.removeprefix("-> ")
    given = [parameters] if column == where else rows
    for step in column.split("."):
        found = [value[step] for value in given]
        given = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return given


class Gateway:
    """The shared, thread-safe access to one database."""

    def __init__(self, uri: str, user: str, password: str, database: str, catalogue: Mapping[str, Query]) -> None:
        self._catalogue = catalogue
        self._database = database
        try:
            self._driver = neo4j.GraphDatabase.driver(
                uri,
                auth=(user, password),
                max_connection_pool_size=POOL,
                connection_timeout=5,
                max_transaction_retry_time=15,
                notifications_min_severity="OFF",
                telemetry_disabled=True,
                user_agent="icmgraph",
            )
        except (driver_errors.DriverError, ValueError) as error:
            raise translate(error) from error
        CONNECTIONS_MOST.set(POOL)
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager()
        self._routed = uri.startswith("neo4j")

    def close(self) -> None:
        self._driver.close()

    def verify(self) -> None:
        """
        Raises:
            GraphUnavailable: no answer, or the password is wrong.
        """
        try:
            self._driver.verify_connectivity()
        except (driver_errors.DriverError, driver_errors.Neo4jError) as error:
            raise translate(error) from error

    def _session(self, mode: Literal["READ", "WRITE"]) -> neo4j.Session:
        return self._driver.session(database=self._database, default_access_mode=mode, bookmark_manager=self._bookmarks)

    def read(self, work: Callable[[Transaction], T], *, timeout: float = READ_TIMEOUT) -> T:
        """Run ``work`` in one READ transaction; the server refuses writes in it.

        By the address of a cluster it may be answered by a member that is behind: the leader is asked first for its
        bookmark, so that what any process has written, a revocation too, is read by all from then on.
        """
        if self._routed:
            self.write(lambda tx: tx.control("read_epoch"), timeout=timeout)
        return self._again("READ", work, timeout)

    def write(self, work: Callable[[Transaction], T], *, timeout: float = WRITE_TIMEOUT) -> T:
        """Run ``work`` in one WRITE transaction, again from the start after a deadlock or ``Retry``."""
        return self._again("WRITE", work, timeout)

    def _again(self, mode: Literal["READ", "WRITE"], work: Callable[[Transaction], T], timeout: float) -> T:
        for _ in range(RETRIES):
            try:
                return self._managed(mode, work, timeout)
            except Retry:
                continue
        raise Unavailable  # nothing was committed, and that is known

    def _managed(self, mode: Literal["READ", "WRITE"], work: Callable[[Transaction], T], timeout: float) -> T:
        @unit_of_work(timeout=timeout)
        def unit(tx: neo4j.ManagedTransaction) -> T:
            begun = Transaction(tx, self._catalogue)
            result = work(begun)
            begun.tell()
            return result

        try:
            with CONNECTIONS.track_inprogress(), self._session(mode) as session:
                return session.execute_read(unit) if mode == "READ" else session.execute_write(unit)
        except (driver_errors.DriverError, driver_errors.Neo4jError) as error:
            raise translate(error) from error

    def rolled_back(self, work: Callable[[Transaction], T], *, timeout: float = READ_TIMEOUT) -> T:
        """Run ``work`` in a WRITE transaction that is rolled back: it holds locks and leaves nothing."""
        for last in (False, False, True):
            try:
                with (
                    CONNECTIONS.track_inprogress(),
                    self._session("WRITE") as session,
                    session.begin_transaction(timeout=timeout) as tx,
                ):
                    result = work(Transaction(tx, self._catalogue))
                    tx.rollback()
                    return result
            except Retry:
                continue
            except (driver_errors.DriverError, driver_errors.Neo4jError) as error:
                if last or not error.is_retryable():
                    raise translate(error) from error
        raise Unavailable

    def apply_schema(self) -> None:
        """Create the constraints and indexes that are missing, and wait until they are online.

        The indexes in one transaction: the server then reads the graph once for all of them, not once for each.
        """
        schema = [query for query in self._catalogue.values() if query.access is Access.SCHEMA]
        statements = [statement for query in schema for statement in query.statements]
        indexes = [statement for statement in statements if statement.startswith("CREATE INDEX")]
        try:
            with self._session("WRITE") as session:
                for statement in statements:
                    if statement not in indexes:
                        session.run(statement).consume()
                with session.begin_transaction() as tx:
                    for statement in indexes:
                        tx.run(statement).consume()
                session.run("CALL db.awaitIndexes($seconds)", seconds=INDEXED_WITHIN).consume()
        except (driver_errors.DriverError, driver_errors.Neo4jError) as error:
            raise translate(error) from error

    def explain(self, name: str, scope: Scope | None = None, /, **parameters: Any) -> dict[str, Any]:
        """The server's plan of a query (tests look at it; it never reaches a user)."""
        query = self._catalogue[name]
        bound = parameters if scope is None else _bound(query, scope, parameters)
        text = query.text if scope is None else sent(query.text, in_bits="bit" in bound)
        with self._session("READ") as session:
            plan = session.run("EXPLAIN " + in_one(text), {GIVEN: bound}).consume().plan
        return dict(plan or {})
