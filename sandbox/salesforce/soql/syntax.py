"""The syntax tree of a SOQL query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sandbox.salesforce.errors import ApiError


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the text of a query; errors point there."""

    text: str
    offset: int

    def error(self, code: str, what: str) -> ApiError:
        """A refusal that shows the place as Salesforce does: the line, a caret below, row and column, the reason."""
        before = self.text[: self.offset]
        row = before.count("\n") + 1
        column = self.offset - (before.rfind("\n") + 1) + 1
        line = self.text.split("\n")[row - 1]
        start = max(0, column - 40)
        shown = line[start : column + 30]
        caret = " " * (column - 1 - start) + "^"
        return ApiError(400, code, f"\n{shown}\n{caret}\nERROR at Row:{row}:Column:{column}\n{what}")


@dataclass(frozen=True, slots=True)
class Path:
    """A field, maybe of a parent: Owner.Manager.Email."""

    parts: tuple[str, ...]
    place: Place

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Relative:
    """A date literal such as LAST_N_DAYS:30."""

    name: str
    count: int | None


Value = str | Decimal | bool | date | datetime | Relative | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the text of a query."""

    value: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """An aggregate: COUNT(), COUNT(Id), SUM(Amount) total."""

    function: str
    argument: Path | None
    alias: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Comparison:
    """path operator literal; operators are = != < <= > >= LIKE."""

    left: Path | Call
    operator: str
    right: Literal


@dataclass(frozen=True, slots=True)
class Membership:
    """path IN (literals), or IN (another query)."""

    left: Path
    choices: tuple[Literal, ...] | Query
    negated: bool


@dataclass(frozen=True, slots=True)
class Every:
    """All of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """Not this."""

    part: Condition


Condition = Comparison | Membership | Every | Some | Negation


@dataclass(frozen=True, slots=True)
class FieldSet:
    """FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM)."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    by: Path | Call
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query, or one in parentheses inside another."""

    selected: tuple[Path | Call | FieldSet | Query, ...]
    source: Path
    alias: str | None = None
    where: Condition | None = None
    groups: tuple[Path, ...] = ()
    having: Condition | None = None
    orders: tuple[Order, ...] = field(default=())
    limit: int | None = None
    offset: int | None = None
    place: Place = field(default=Place("", 0))
