"""One Neo4j Community on this machine, its data below ICM_HOME, reachable over loopback only.

There is no pid file that could go stale: the server's command line names its home, so the list of
processes says whether it runs, whoever started it and however that ended. Its port stands in the
configuration written just before its start.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from icmgraph.errors import AlreadyRunning, OperatorError
from icmgraph.local_neo4j import bolt, conf
from icmgraph.local_neo4j.files import alone, disk_errors, private_folder, sweep, turn_over, write
from icmgraph.local_neo4j.jars import JarFolder, read_lock
from icmgraph.local_neo4j.java import find_java, is_lts
from icmgraph.settings import Settings

_MAIN = "org.neo4j.server.Neo4jCommunity"
_MAIN_LTS = "org.neo4j.server.CommunityEntryPoint"  # of the line 5.26
_ADMIN = "org.neo4j.cli.AdminTool"
_USER = "neo4j"
_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")  # the driver has others, in preview
_PORTS_TRIED = 50
_STARTS_TRIED = 3  # a port can be taken between the look and Neo4j's own try
_NEEDS_BYTES = 200_000_000  # an empty graph, its first log and room to tell what is wrong
_KILL_SECONDS = 10  # a process stuck in the kernel does not end at all
_LOG_BYTES = 1_000_000  # a start says 2 kB; turned over at a start, as a running server holds its file
_LOG_FILES = 5  # Neo4j's own logs, in the folder logs, it turns over itself: 20 MB, 5 to 7 of each
_LOG_LINES = 15  # of the server's log, shown when it does not start


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a Neo4j is and how to sign in."""

    uri: str
    user: str
    password: str = field(repr=False)
    database: str


@dataclass(frozen=True, slots=True)
class Status:
    """What the managed server does. ``port`` is None if it never started."""

    running: bool
    pid: int | None
    port: int | None
    answer: bolt.Answer

    @property
    def is_ready(self) -> bool:
        return self.answer is bolt.Answer.READY

    @property
    def uri(self) -> str | None:
        return f"bolt://127.0.0.1:{self.port}" if self.port else None


@dataclass(frozen=True, kw_only=True)
class LocalNeo4j:
    """The managed Neo4j of one ICM_HOME.

    ``jars`` is the folder of its jars (default: beside the data; it may be shared, since every jar is
    verified before each start). ``port`` is the first to try. ``heap``, ``page_cache`` and
    ``transaction_memory`` are sizes as Neo4j writes them (512m, 2g); ``java_flags`` come after our own; the file
    ``local.conf`` beside the data, in the form of neo4j.conf, has the last word on all but the address.
    """

    home: Path
    version: str = "2026.09.0"
    jars: Path | None = None
    mirror: str | None = None
    java_home: Path | None = None
    port: int = 7687
    heap: str = "1g"
    page_cache: str = "512m"
    transaction_memory: str = "512m"  # half of the heap: one query cannot take the server down
    java_flags: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> LocalNeo4j:
        """The server that ``settings`` describe."""
        return cls(
            home=settings.home,
            version=settings.neo4j_version,
            mirror=settings.maven_mirror,
            java_home=settings.java_home,
        )

    @property
    def folder(self) -> Path:
        """Everything of the server but its log."""
        return self.home.resolve() / "neo4j"

    @property
    def log_path(self) -> Path:
        return self.home.resolve() / "log" / "neo4j.log"

    @property
    def password_path(self) -> Path:
        return self.folder / "password"

    @property
    def jar_folder(self) -> JarFolder:
        return JarFolder(self.jars or self.folder / f"jars-{self.version}", read_lock(self.version), self.mirror)

    def ensure_jars(self, *, show: bool | None = None) -> int:
        """Fetches what is missing and verifies all; returns how many were fetched. See ``JarFolder``."""
        folder = self.jar_folder
        fetched = folder.fetch(show=show)
        folder.verify()
        return fetched

    def start(self, *, wait: float = 120, show: bool | None = None) -> Connection:
        """Starts the server, detached, and returns when it can be signed in to.

        ``wait`` is in seconds. Raises ``AlreadyRunning`` if it runs or another start is under way,
        ``LockMismatch`` if a jar is not the locked one, ``OperatorError`` with the end of its log if
        it does not come up. A start that was killed at any point is made good by the next one.
        """
        with disk_errors(self.folder), alone(private_folder(self.folder), wait=False) as ours:
            if not ours:
                raise AlreadyRunning(f"another start of the Neo4j in {self.folder} is under way: wait for it")
            if process := self._process():
                raise AlreadyRunning(
                    f"Neo4j already runs on this data ({self.folder}), process {process.pid}, "
                    f"port {self._configured_port()}; icmgraph neo4j stop ends it"
                )
            for folder in (self.folder, self._conf.parent):
                sweep(folder)
            private_folder(self.log_path.parent)
            turn_over(self.log_path, bytes=_LOG_BYTES, files=_LOG_FILES)
            java = find_java(self.java_home, self.version).path
            self.ensure_jars(show=show)
            if shutil.disk_usage(self.folder).free < _NEEDS_BYTES:
                raise OperatorError(
                    f"the disk is too full at {self.folder}: Neo4j needs {_NEEDS_BYTES:,} bytes to start"
                )
            port = self.port
            for tries_left in reversed(range(_STARTS_TRIED)):
                port = self._free_port(port)
                self._configure(port)
                self._set_password(java)
                if self._launch(java, port, wait, last_try=not tries_left):
                    return self.connection()
                port += 1
        raise OperatorError("no port stayed free while Neo4j started; try again")

    def stop(self, *, timeout: float = 60) -> str:
        """Ends the server by SIGTERM and waits until it is gone, ``timeout`` seconds at most.

        Returns ``stopped``, ``not running``, or ``killed`` if it had to be ended by SIGKILL: Neo4j
        then recovers from its transaction log at the next start.
        """
        process = self._process()
        if process is None:
            return "not running"
        try:
            process.terminate()
            if _is_gone(process, timeout):
                return "stopped"
            process.kill()
            if _is_gone(process, _KILL_SECONDS):
                return "killed"
        except psutil.NoSuchProcess:
            return "stopped"
        except psutil.AccessDenied as error:
            raise OperatorError(f"process {process.pid} belongs to another user: stop it as that user") from error
        raise OperatorError(f"process {process.pid} does not end, not even by SIGKILL: look at the machine's disk")

    def admin(self, *words: str, stdin: IO[bytes] | int, stdout: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Neo4j's own tool on the stopped server's data; what it says goes to the log. See ``transfer.py``."""
        java = find_java(self.java_home, self.version).path
        self.ensure_jars()
        private_folder(self.log_path.parent)
        self._configure(self._configured_port() or self.port)
        with self.log_path.open("ab") as log:
            os.fchmod(log.fileno(), 0o600)
            return subprocess.Popen(  # noqa: S603
                [java, *conf.JAVA_FLAGS, f"@{self._java_args}", _ADMIN, *words],
                env=self._environment(),
                cwd=self.folder,
                stdin=stdin,
                stdout=stdout,
                stderr=log,
            )

    def status(self) -> Status:
        """Looks, changes nothing."""
        process, port = self._process(), self._configured_port()
        if process is None or port is None:
            return Status(process is not None, process.pid if process else None, port, bolt.Answer.NOTHING)
        return Status(True, process.pid, port, self._answer(process, port))

    def connection(self) -> Connection:
        """How to reach the running server. Raises ``OperatorError`` if it does not run or lost its password."""
        port, password = self._configured_port(), self._password()
        if port is None or self._process() is None:
            raise OperatorError("Neo4j does not run: start it with icmgraph neo4j start, or set ICM_NEO4J_URI")
        if password is None:
            raise self._password_is_gone()
        return Connection(f"bolt://127.0.0.1:{port}", _USER, password, "neo4j")

    # -- steps of a start

    def _free_port(self, first: int) -> int:
        for port in range(first, min(first + _PORTS_TRIED, 65536)):
            if bolt.port_is_free(port):
                return port
        raise OperatorError(f"no free port from {first} on: end what listens there")

    def _configure(self, port: int) -> None:
        private_folder(self._conf.parent)
        wanted = {
            "server.memory.pagecache.size": self.page_cache,
            "db.memory.transaction.max": self.transaction_memory,
        }
        write(self._conf, conf.render(wanted, conf.read(self.folder / "local.conf"), port, lts=is_lts(self.version)))
        # The class path is longer than some systems allow on a command line.
        write(self._java_args, f'-cp "{self.jar_folder.class_path}"\n')

    def _set_password(self, java: Path) -> None:
        """Makes the password before the first start.

        Repeated until the system database exists, from where on Neo4j keeps it itself: a start killed
        in between is made good.
        """
        password = self._password()
        if (self.folder / "data" / "databases" / "system").exists():
            if password is None:
                raise self._password_is_gone()
            return
        if password is None:
            password = secrets.token_hex(24)
            write(self.password_path, password + "\n")
        # @file: on the command line itself every user of the machine could read it.
        command = [_ADMIN, "dbms", "set-initial-password", f"@{self.password_path}"]
        child, log_start = self._run(java, *command)
        if child.wait():
            raise self._did_not_come_up(log_start)

    def _launch(self, java: Path, port: int, wait: float, *, last_try: bool) -> bool:
        """Starts the server's process and waits for it. False if the port was taken meanwhile."""
        crash = f"-XX:ErrorFile={self.log_path.parent}/neo4j-crash-%p.log"
        flags = [f"-Xms{self.heap}", f"-Xmx{self.heap}", crash]
        config = f"--config-dir={self._conf.parent}"
        child, log_start = self._run(java, self._main, self._home_flag, config, "--console-mode", flags=flags)
        try:
            answer = self._await(child, port, wait)
        except BaseException:
            _end(child)
            raise
        if answer is bolt.Answer.READY:
            child.returncode = 0  # let go: no longer this process's to wait for
            return True
        _end(child)
        said = self._log_since(log_start)
        if ("BindException" in said or "Address already in use" in said) and not last_try:
            return False
        if answer is bolt.Answer.REFUSED:
            raise OperatorError(
                f"Neo4j refuses the password in {self.password_path}: "
                "put the one back that belongs to this data, or move the folder data away to begin anew"
            )
        raise self._did_not_come_up(log_start)

    def _run(self, java: Path, *command: str, flags: Sequence[str] = ()) -> tuple[subprocess.Popen[bytes], int]:
        """A Java process with the verified jars, and where in the log its words begin."""
        with self.log_path.open("ab") as log:
            os.fchmod(log.fileno(), 0o600)
            log_start = log.tell()
            # A session of its own: the server outlives its starter and the terminal.
            child = subprocess.Popen(  # noqa: S603
                [java, *flags, *conf.JAVA_FLAGS, *self.java_flags, f"@{self._java_args}", *command],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return child, log_start

    def _await(self, child: subprocess.Popen[bytes], port: int, wait: float) -> bolt.Answer:
        end = time.monotonic() + wait
        answer = bolt.Answer.NOTHING
        process = psutil.Process(child.pid)
        while time.monotonic() < end and child.poll() is None:
            answer = self._answer(process, port)
            if answer in (bolt.Answer.READY, bolt.Answer.REFUSED):
                break
            time.sleep(0.1)
        return answer

    # -- small things

    def _answer(self, process: psutil.Process, port: int) -> bolt.Answer:
        """What ``process`` answers on ``port``. No other process that listens there gets to see the password."""
        try:
            listening = any(
                c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in process.net_connections("tcp")
            )
        except psutil.Error:
            listening = False
        if not listening:
            return bolt.Answer.NOTHING
        return bolt.ask("127.0.0.1", port, _USER, self._password() or "")

    @property
    def _conf(self) -> Path:
        return self.folder / "conf" / "neo4j.conf"

    @property
    def _java_args(self) -> Path:
        return self.folder / "conf" / "java.args"

    @property
    def _main(self) -> str:
        return _MAIN_LTS if is_lts(self.version) else _MAIN

    @property
    def _home_flag(self) -> str:
        return f"--home-dir={self.folder}"

    def _environment(self) -> dict[str, str]:
        # Nothing of the caller's: JAVA_TOOL_OPTIONS, CLASSPATH and NEO4J_* would all have a say.
        return {
            "NEO4J_HOME": str(self.folder),
            "NEO4J_CONF": str(self._conf.parent),
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",  # else Java cannot open a path with letters beyond ASCII
        }

    def _process(self) -> psutil.Process | None:
        """The process that runs on this data, whoever started it."""
        for process in psutil.process_iter(["cmdline", "status"]):
            line = process.info["cmdline"] or []
            ours = self._home_flag in line and (_MAIN in line or _MAIN_LTS in line)
            if ours and process.info["status"] != psutil.STATUS_ZOMBIE:
                return process
        return None

    def _configured_port(self) -> int | None:
        return conf.port_of(conf.read(self._conf))

    def _password(self) -> str | None:
        try:
            return self.password_path.read_text().strip() or None
        except FileNotFoundError:
            return None

    def _password_is_gone(self) -> OperatorError:
        return OperatorError(
            f"{self.password_path} is gone and Neo4j's data has a password: put the file back, "
            f"or move {self.folder / 'data'} away to begin anew"
        )

    def _log_since(self, start: int) -> str:
        with self.log_path.open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    def _did_not_come_up(self, log_start: int) -> OperatorError:
        lines = [line for line in self._log_since(log_start).splitlines() if not line.startswith("\tat ")]
        tail = "\n".join(lines[-_LOG_LINES:])
        return OperatorError(f"Neo4j did not come up; the end of {self.log_path}:\n{tail}")


def _is_gone(process: psutil.Process, timeout: float) -> bool:
    """The process ended within ``timeout`` seconds.

    One that only its own parent can bury, which may be whoever called start and has other things to
    do, counts as ended.
    """
    end = time.monotonic() + timeout
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    with suppress(psutil.Error):
        process.wait(0)  # buries it, if it is ours
    return True


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a start that failed; its data may be in use already, so by SIGTERM first."""
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def connection(settings: Settings) -> Connection:
    """Where the graph is: ICM_NEO4J_URI if set, else the managed server, which must run.

    Raises ``OperatorError`` that says how to mend it.
    """
    if settings.neo4j_uri is None:
        return LocalNeo4j.of(settings).connection()
    if settings.neo4j_uri.partition("://")[0] not in _SCHEMES:
        raise OperatorError(f"ICM_NEO4J_URI must begin with one of {', '.join(f'{name}://' for name in _SCHEMES)}")
    if settings.neo4j_password_file is None:
        raise OperatorError("ICM_NEO4J_URI is set: name the file with its password in ICM_NEO4J_PASSWORD_FILE")
    try:
        password = settings.neo4j_password_file.read_text().strip()
    except OSError as error:
        raise OperatorError(f"cannot read ICM_NEO4J_PASSWORD_FILE ({error.strerror})") from error
    return Connection(settings.neo4j_uri, settings.neo4j_user, password, settings.neo4j_database)
