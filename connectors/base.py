"""The contract between Attain and a CRM.

A connector hands over text: every value exactly as the CRM wrote it, money never through a float. It decides how
to page, when to ask again and what an error means; it never decides what a field means. Cursors are its own to
read: the sync layer only stores them, in the transaction that stores the page they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import polars as pl
from pydantic import BaseModel

from problems import Problem

ID = "$id"
"""Column of every page: the record's id in the CRM."""
MODIFIED = "$modified"
"""Column of every page: when the CRM last changed the record, ISO 8601 in UTC, or null where it does not say."""
PARENT = "$parent"
"""Column of child frames: the id of the record that owns the row."""

Cursor = Mapping[str, Any]
"""Where the next read of an object starts: JSON values only, meaning known to the connector alone."""

Value = str | Decimal | bool | None
"""A value to write: text, an exact number, yes or no; dates as ISO 8601 text; None clears the field."""


class ConnectorError(Exception):
    """A call to the CRM did not do what was asked. One of the four kinds below says what happens next."""


class TryLater(ConnectorError):
    """The same call may work later; the job is put back until then."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FixSettings(ConnectorError):
    """Nothing works until a person changes a setting, a permission or a mapping; `hint` says which."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class RejectedRecord(ConnectorError):
    """The CRM refuses this record, and would refuse it again; it is parked and the others go on."""

    def __init__(self, message: str, *, object_name: str, record_id: str, code: str) -> None:
        super().__init__(message)
        self.object_name = object_name
        self.record_id = record_id
        self.code = code


class StopRun(ConnectorError):
    """Going on could lose or misread records (a count that never matches, a loop); the run ends, the cursor stays."""


class FieldKind(StrEnum):
    """What kind of value a CRM field holds; how its text is to be read."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


@dataclass(frozen=True, slots=True)
class CrmField:
    """One field as the CRM describes it to the signed-in user."""

    name: str
    kind: FieldKind
    label: str = ""
    nullable: bool = True
    writable: bool = False
    precision: int | None = None  # digits in all, for numbers
    scale: int | None = None  # digits after the point, for numbers
    length: int | None = None  # characters, for text
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """The fields of one CRM object that the signed-in user can see, parent paths such as `Owner.Email` included
    where they were asked for. `read_with` names the object whose pages bring this one's rows as children."""

    name: str
    fields: Mapping[str, CrmField]
    read_with: str | None = None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What to read. `cursor` None reads everything there is; `now` is the clock (aware, UTC) from which the
    connector holds back its upper bound. `children` maps child objects (those with `read_with`) to their fields."""

    object_name: str
    fields: tuple[str, ...]
    cursor: Cursor | None
    now: datetime
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the CRM, checked for shape and count before it is handed over.

    `records` has only text columns: ID, MODIFIED and the fields asked for under their own names; numbers as the
    CRM wrote them, booleans as `true`/`false`, null where the CRM has no value. No id stands twice in a page; it
    may stand in two pages, the later one is right. `gone` are ids deleted, archived or merged away. `children`
    holds, by child object, the complete rows (columns ID, PARENT, MODIFIED and fields) of the records of this page.
    `cursor` is to be committed with the page: a run that starts from it misses nothing. `last` is set on the page
    that completes the read; `expected` is how many records the CRM announced for the whole read, where it does.
    """

    object_name: str
    records: pl.DataFrame
    cursor: Cursor
    last: bool
    gone: tuple[str, ...] = ()
    children: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """Values for one record, by its id."""

    record_id: str
    values: Mapping[str, Value]


OutcomeState = Literal["confirmed", "rejected", "retry", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one write. `confirmed`: the CRM holds it. `rejected`: it would be refused again (`code` is the
    CRM's). `retry`: worth another try later. `unknown`: the answer was lost; read the record before writing again."""

    record_id: str
    state: OutcomeState
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A custom field Attain needs in the CRM."""

    object_name: str
    name: str
    label: str
    kind: FieldKind
    precision: int = 18
    scale: int = 2
    length: int = 255
    description: str = ""


StepAction = Literal["exists", "create", "grant", "conflict"]


@dataclass(frozen=True, slots=True)
class ProvisionStep:
    """One thing provisioning did, would do (`done` False on a dry run) or cannot do (`conflict`)."""

    target: str
    action: StepAction
    done: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Who answers on the other side: shown by `attain check`. `timezone` is an IANA name, `currency` ISO 4217."""

    account_id: str
    name: str
    timezone: str | None
    currency: str | None
    calls_left_today: int | None


class Connector(Protocol):
    """One connection to one CRM account. Not safe for use by several threads at once."""

    kind: ClassVar[str]

    def check(self) -> tuple[Account | None, list[Problem]]:
        """Sign in and ask for the account; problems instead of exceptions, each with the next step."""
        ...

    def describe(self, object_name: str, paths: Sequence[str] = ()) -> ObjectSchema:
        """The object's fields as this user sees them, and those of `paths` (parent paths) that exist.

        Raises FixSettings where the object is not there or not visible.
        """
        ...

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """Read the object page by page. Raises TryLater, FixSettings or StopRun; never hands over a page that is
        not what was asked for."""
        ...

    def fetch(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Page]:
        """Read records by id, in batches; ids the CRM no longer has come back as `gone`. Cursors are empty."""
        ...

    def push(self, object_name: str, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Update records by id, in as few calls as the CRM allows; one outcome for each write, in any order, given
        as soon as its batch is answered. A refused call for the whole connection raises, after the outcomes had."""
        ...

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[ProvisionStep]:
        """Create the fields that are missing and grant sight of them to whoever Attain signs in as; idempotent."""
        ...

    def calls(self) -> Mapping[str, int]:
        """HTTP calls made so far, by a short stable name (`query`, `search`, `batch_update`, `token`)."""
        ...

    def close(self) -> None:
        """Give back sockets; the connector is not used afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class EventRequest:
    """An HTTP request as it came in: `url` is the configured public URL, `body` the raw bytes."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """A hint that a record changed: its values are read again through the API, never taken from the event."""

    object_name: str
    record_id: str
    key: str  # the same for the same event delivered twice


class ForgedEvent(Exception):
    """The signature is missing, wrong or too old; nothing of the body was used."""


@runtime_checkable
class ReceivesEvents(Protocol):
    """A connector whose CRM sends events implements this as well."""

    def changes(self, request: EventRequest, *, now: datetime) -> Sequence[Change]:
        """Verify, then parse. Raises ForgedEvent before anything of the body is parsed."""
        ...


class ConnectorPlugin(Protocol):
    """What an entry point of the group `attain.connectors` loads."""

    kind: str
    settings: type[BaseModel]
    """The Pydantic model of a `[connections.<name>]` section, without the keys the shell reads itself."""

    def open(self, name: str, settings: BaseModel) -> Connector:
        """Make the connector of the connection called `name`; makes no call yet."""
        ...
