"""The log of what people changed, in which nothing can be altered unseen.

The hash of an entry is the SHA-256 of its canonical text: a JSON list of id, moment (UTC, to the microsecond), actor,
action, subject, detail and the hash of the entry before it, keys sorted, no spaces, text as it is. An entry that was
edited no longer has its hash, one taken out leaves a gap, and one cut off at the end is missed by `audit_head`.
Whoever can rewrite all of the tables can rewrite the log: the hash of the newest entry, kept elsewhere, shows that too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from problems import Problem

NOBODY = "attain"
"""Who acts where nobody is named: the program by itself."""
_LISTED = "id, at, actor, action, subject, detail, previous_hash, hash"


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did. `detail` holds texts, whole numbers, lists and objects of these; no pay in `subject`.

    Actions: plan.apply, plan.withdraw, quota.change, assignment.change, hierarchy.change, absence.change, entry.change,
    mapping.change, period.close, period.reopen, adjustment.add, adjustment.undo. `actor` empty: who `acting` names.
    """

    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """How the log was found: how many entries, the hash of the newest, and what is wrong with it."""

    entries: int
    head: str
    problems: tuple[Problem, ...]


def acting(conn: Connection, actor: str) -> None:
    """Name who acts until the transaction ends."""
    conn.execute(text("SELECT set_config('attain.actor', :actor, true)"), {"actor": actor})


def append(conn: Connection, deed: Deed, *, now: datetime) -> str:
    """Add an entry in the caller's transaction; returns its hash. Others who add one wait until it ends.

    Raises TypeError where the detail holds what would not be the same text again.
    """
    head = conn.execute(text("SELECT id, hash FROM audit_head FOR UPDATE")).one()
    actor = deed.actor or conn.scalar(text("SELECT current_setting('attain.actor', true)")) or NOBODY
    row = {
        "id": head.id + 1,
        "at": now.astimezone(UTC),
        "actor": _sayable(actor),
        "action": deed.action,
        "subject": _sayable(deed.subject),
        "detail": _checked(deed.detail),
        "previous_hash": head.hash,
    }
    row["hash"] = hash_of(row)
    conn.execute(
        text(f"""
            INSERT INTO audit_entry ({_LISTED})
            VALUES (:id, :at, :actor, :action, :subject, CAST(:detail AS jsonb), :previous_hash, :hash)
        """),  # noqa: S608 - columns of this module
        {**row, "detail": json.dumps(row["detail"])},
    )
    conn.execute(text("UPDATE audit_head SET id = :id, hash = :hash"), row)
    return str(row["hash"])


def rules_changed(conn: Connection, action: str, gone: Sequence[Any], new: Sequence[Any], *, now: datetime) -> None:
    """Note that rows of files (dataclasses) went and came; nothing where none did."""
    if gone or new:
        detail = {"removed": [_as_texts(rule) for rule in gone], "added": [_as_texts(rule) for rule in new]}
        append(conn, Deed(action, "files", detail), now=now)


def _as_texts(rule: Any) -> dict[str, str | None]:
    values = {name: getattr(rule, name) for name in rule.__dataclass_fields__}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> str | None:
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def hash_of(row: Mapping[str, Any]) -> str:
    """The hash an entry must have; `row` by the columns of `audit_entry`."""
    moment = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    parts = [row["id"], moment, row["actor"], row["action"], row["subject"], row["detail"], row["previous_hash"]]
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()


def verify(conn: Connection, *, expected: str = "") -> Chain:
    """Walk the whole log. `expected`: a hash noted earlier, which must still be in it."""
    query = text(f"SELECT {_LISTED} FROM audit_entry ORDER BY id")  # noqa: S608
    walk = _Walk()
    for row in conn.execution_options(stream_results=True).execute(query):
        walk.step(row)
        walk.expected_seen |= row.hash == expected
    head = conn.execute(text("SELECT id, hash FROM audit_head")).one_or_none()
    walk.end(head)
    if expected and not walk.expected_seen:
        walk.fault(
            "the log",
            f"holds no entry with the hash {expected}.",
            "It was cut off or written anew since that was noted.",
        )
    return Chain(walk.entries, walk.hash, tuple(walk.problems))


@dataclass(slots=True)
class _Walk:
    """Where the walk is: the last id and hash."""

    id: int = 0
    hash: str = ""
    entries: int = 0
    expected_seen: bool = False
    problems: list[Problem] = field(default_factory=list)

    def step(self, row: Row[Any]) -> None:
        entry = dict(row._mapping)
        where = f"entry {row.id} ({row.action} {row.subject})"
        if row.id != self.id + 1:
            gone = f"{self.id + 1}" if row.id == self.id + 2 else f"{self.id + 1} to {row.id - 1}"
            self.fault(f"entry {gone}", "is missing.", "Somebody deleted from the log.")
        elif row.previous_hash != self.hash:
            self.fault(where, "does not follow the entry before it.", "One of the two was written anew.")
        if hash_of(entry) != row.hash:
            self.fault(where, "was edited: it is not what its hash covers.", "Compare it with a backup.")
        self.id, self.hash, self.entries = row.id, row.hash, self.entries + 1

    def end(self, head: Row[Any] | None) -> None:
        if head is None or head.id < self.id or (head.id == self.id and head.hash != self.hash):
            self.fault("the log's end", "is not the one that was noted.", "Entries were added past the program.")
        elif head.id > self.id:
            self.fault("the log's end", f"is cut off: there were {head.id} entries.", "Compare it with a backup.")

    def fault(self, where: str, message: str, hint: str) -> None:
        self.problems.append(Problem(f"audit {where}", "", message, hint))


def entries(conn: Connection, *, since: datetime | None = None) -> list[dict[str, Any]]:
    """The entries from that moment on (None: all), oldest first, by the columns of `audit_entry`."""
    query = f"SELECT {_LISTED} FROM audit_entry WHERE CAST(:since AS timestamptz) IS NULL OR at >= :since ORDER BY id"  # noqa: S608
    return [dict(row) for row in conn.execute(text(query), {"since": since}).mappings()]


def latest(conn: Connection, action: str, subject: str) -> dict[str, Any] | None:
    """The newest entry of that action on that subject."""
    query = f"SELECT {_LISTED} FROM audit_entry WHERE action = :action AND subject = :subject ORDER BY id DESC LIMIT 1"  # noqa: S608
    found = conn.execute(text(query), {"action": action, "subject": subject}).mappings().one_or_none()
    return None if found is None else dict(found)


def _sayable(said: str) -> str:
    """Text that PostgreSQL can hold."""
    return said.replace("\0", "").encode(errors="replace").decode()


def _checked(value: Any) -> Any:
    """The detail without what would come back as something else."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return _sayable(value)
        case Mapping():
            return {str(key): _checked(part) for key, part in value.items()}
        case Sequence() | Iterator():
            return [_checked(part) for part in value]
        case _:
            raise TypeError(f"an audit entry holds texts and whole numbers, not {type(value).__name__}")
