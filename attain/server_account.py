"""As whom the embedded PostgreSQL runs: as whoever runs Attain, and for root, whom PostgreSQL refuses, as an account
of its own.

That account must reach the data folder and the programs, so folders above them that nobody else may pass through are
made passable for it (not readable); each is logged.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

import structlog

from attain.unusable import DatabaseUnusable

NAME = "attain-postgres"
_PASSABLE = 0o001

log = structlog.get_logger("attain.database")


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group the server's processes run under."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Make a folder or file of ours the account's."""
        if path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)


def server_account(data: Path) -> Account:
    """The account for the data folder `data`, which need not be there yet: its owner, where it is.

    Raises DatabaseUnusable where the folder is somebody else's, or root has no way to make the account.
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            hint = f"Run Attain as that user, or set another data_dir, or give the folder away: chown -R {data}"
            raise DatabaseUnusable(f"The database in {data} belongs to {_name(owner.st_uid)}.", hint=hint)
        return Account(os.geteuid(), os.getegid())
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = _entry() or _create()
    return Account(entry.pw_uid, entry.pw_gid)


def make_reachable(path: Path, account: Account) -> None:
    """Let the account pass through every folder above `path`; nothing to do where it is our own."""
    if account.uid == os.geteuid():
        return
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & _PASSABLE:
            folder.chmod(mode | _PASSABLE)
            log.warning("database.folder_made_passable", folder=str(folder), account=NAME)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        entry = _entry()  # another process made it at the same moment
        if entry is None:
            raise DatabaseUnusable(
                f"PostgreSQL does not run as root, and the account {NAME} could not be made: {said.strip()}",
                hint="Run Attain as an ordinary user, or set database_url to a PostgreSQL of your own.",
            ) from error
        return entry
    return pwd.getpwnam(NAME)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
