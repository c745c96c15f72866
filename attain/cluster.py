"""What the embedded PostgreSQL keeps on disk: its data, its configuration, its socket and its lock files."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import structlog

from attain.postgres_programs import OTHER_DATABASE, VERSION, hint_for, run
from attain.server_account import Account, make_reachable
from attain.unusable import DatabaseUnusable

PORT = 5432
_LONGEST_SOCKET_FOLDER = 85  # bytes; macOS takes 104 with the file's name
_UNQUOTABLE = frozenset('"$`\\')  # pg_ctl puts paths between double quotes and hands them to a shell
_LOG_BYTES = 10_000_000
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
# what a failed statement was about may be pay: its text and its rows stay out of the log
log_error_verbosity = terse
log_min_error_statement = panic
max_parallel_maintenance_workers = 0
"""

log = structlog.get_logger("attain.database")


def prepare(data: Path, programs: Path, account: Account) -> Path:
    """Have the data folder ready to be started on: made if need be, configured, without lock files of the dead.

    Returns the folder of its socket. Raises DatabaseUnusable where it cannot be used.
    """
    if _UNQUOTABLE & set(str(data)):
        said = f"The data folder {data} has a character in its path that PostgreSQL's programs stumble on."
        raise DatabaseUnusable(said, hint=f"Set a data_dir without any of {' '.join(sorted(_UNQUOTABLE))}")
    if not (data / "PG_VERSION").exists():
        _create(data, programs, account)
    _check_version(data)
    make_reachable(data, account)
    sockets = _socket_folder(data, account)
    _configure(data, sockets, account)
    forget_killed(data, sockets)
    return sockets


def _configure(data: Path, sockets: Path, account: Account) -> None:
    text = _CONFIGURATION.format(port=PORT, sockets=str(sockets).replace("'", "''"))
    configuration = data / "attain.conf"
    configuration.write_text(text)
    account.own(configuration)
    server_log = data / "server.log"
    if server_log.exists() and server_log.stat().st_size > _LOG_BYTES:
        server_log.replace(data / "server.log.1")


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
    failed = run(programs / "initdb", [*options, "-U", "postgres", "-D", str(new)], account)
    if failed is not None:
        shutil.rmtree(new, ignore_errors=True)
        raise DatabaseUnusable(f"The database cannot be made in {data}: {failed}", hint=hint_for(failed, data))
    with (new / "postgresql.conf").open("a") as file:
        file.write("include_if_exists 'attain.conf'\n")
    new.rename(data)


def _check_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != VERSION:
        hint = f"Move it to version {VERSION} with pg_upgrade, set another data_dir, {OTHER_DATABASE}"
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
    except OSError:  # not there, or not ours: `server_account` says so
        return []


def socket_folder_of_running(data: Path) -> str | None:
    """As the server wrote it: process id, data, start time, port, socket folder, address, memory, state."""
    lines = _lines(data / "postmaster.pid")
    return lines[4] if len(lines) > 4 and lines[4] else None


def forget_killed(data: Path, sockets: Path) -> None:
    """Remove the lock files of a server that is gone: their process id may be another program's since (after a
    restart), or that of a killed process nobody reaped, and PostgreSQL takes both for a running server."""
    if processes_of(data):
        return
    for file in (data / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
        if file.exists():
            file.unlink()
            log.info("database.stale_lock_removed", file=str(file))


def processes_of(data: Path) -> list[int]:
    """The living processes of a server on this data folder."""
    owner = data.stat().st_uid
    return [process.pid for process in psutil.process_iter(["name"]) if _works_in(process, data.resolve(), owner)]


def _works_in(process: psutil.Process, data: Path, owner: int) -> bool:
    """Whether it is a PostgreSQL at work in `data`. Where that cannot be seen (root in a container may not look at
    others' processes) any of the owner's is taken for one."""
    try:
        if process.info["name"] != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()) == data
    except psutil.AccessDenied:
        return bool(process.uids().real == owner)
    except psutil.Error:
        return False
