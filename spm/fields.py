"""The normalised fields: what a mapping may fill, the same for every CRM.

docs/model.md shows this table; a test compares. A mapping may add fields of its own to a deal; they are kept in
`deal.custom` and can be used in plans by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The type of a normalised field."""

    TEXT = "text"
    MONEY = "money"  # an amount; the row's currency field says of what
    NUMBER = "number"
    SHARE = "share"  # a fraction, 1 is the whole
    DATE = "date"
    DATETIME = "datetime"  # aware, UTC
    BOOLEAN = "boolean"
    CURRENCY = "currency"  # ISO 4217, three capitals
    EMAIL = "email"  # lower case


@dataclass(frozen=True, slots=True)
class Field:
    """One normalised field. `required`: a record without a readable value is kept out; otherwise left empty."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record of the model. `extendable`: a mapping may add fields of its own. `one_of`: fields of which one
    has to have a readable value, else the record is kept out."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    extendable: bool = False
    one_of: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The field names, in order."""
        return tuple(field.name for field in self.fields)


_PARTICIPANT = Entity(
    "participant",
    "a person who may be paid, as one CRM knows them",
    (
        Field("email", Kind.EMAIL, "identity across CRMs", required=True),
        Field("owner_id", Kind.TEXT, "the id that deals and activities name their owner by", required=True),
        Field("record_id", Kind.TEXT, "the id of the CRM record the results are written to"),
        Field("name", Kind.TEXT, "full name"),
        Field("manager_owner_id", Kind.TEXT, "the manager's owner_id"),
        Field("team", Kind.TEXT, "team name"),
        Field("currency", Kind.CURRENCY, "currency the person is paid in"),
        Field("active", Kind.BOOLEAN, "false once the person has left; past deals stay credited"),
        Field("hire_date", Kind.DATE, "first day"),
        Field("leave_date", Kind.DATE, "last day"),
    ),
)
_DEAL = Entity(
    "deal",
    "an opportunity or deal",
    (
        Field("name", Kind.TEXT, "name of the deal"),
        Field("account", Kind.TEXT, "customer, by name or id"),
        Field("owner_id", Kind.TEXT, "owner, by the CRM's id"),
        Field("amount", Kind.MONEY, "value of the deal, in its own currency; empty is unknown, not zero"),
        Field("currency", Kind.CURRENCY, "currency of the amount"),
        Field("close_date", Kind.DATE, "day it counts on, in the account's time zone"),
        Field("stage", Kind.TEXT, "stage as the CRM names it"),
        Field("status", Kind.TEXT, "open, won or lost", required=True, choices=("open", "won", "lost")),
        Field("deal_type", Kind.TEXT, "new business, renewal, ..., as the CRM names it"),
        Field("probability", Kind.SHARE, "chance of winning"),
        Field("created_at", Kind.DATETIME, "when it was created"),
        Field("changed_at", Kind.DATETIME, "when the CRM last changed it"),
    ),
    extendable=True,
)
_SPLIT = Entity(
    "deal_split",
    "somebody's part of a deal, where the CRM splits credit",
    (
        Field("deal_id", Kind.TEXT, "the deal's id in the CRM", required=True),
        Field("owner_id", Kind.TEXT, "who gets the share, by the CRM's id", required=True),
        Field("share", Kind.SHARE, "fraction of the deal's amount"),
        Field("role", Kind.TEXT, "kind of split: revenue (shares sum to 1) or overlay"),
        Field(
            "amount",
            Kind.MONEY,
            "part of the deal's amount, in the deal's currency; where given, it counts and not the share",
        ),
    ),
    one_of=("share", "amount"),
)
_ACTIVITY = Entity(
    "activity",
    "a call, email, meeting or task",
    (
        Field(
            "type",
            Kind.TEXT,
            "call, email, meeting or task",
            required=True,
            choices=("call", "email", "meeting", "task"),
        ),
        Field("owner_id", Kind.TEXT, "who did it, by the CRM's id"),
        Field("deal_id", Kind.TEXT, "the deal it belongs to, by the CRM's id"),
        Field("subject", Kind.TEXT, "subject or title"),
        Field("happened_on", Kind.DATE, "day it happened or is due, in the account's time zone"),
        Field("status", Kind.TEXT, "state as the CRM names it"),
        Field("done", Kind.BOOLEAN, "true once completed"),
        Field("duration_minutes", Kind.NUMBER, "length in minutes"),
        Field("changed_at", Kind.DATETIME, "when the CRM last changed it"),
    ),
)
_QUOTA = Entity(
    "quota",
    "a person's target for a span of days",
    (
        Field("owner_id", Kind.TEXT, "whose quota, by the CRM's id", required=True),
        Field("measure", Kind.TEXT, "what is measured, the name plans use; bookings where the CRM has one kind"),
        Field("starts_on", Kind.DATE, "first day", required=True),
        Field("ends_on", Kind.DATE, "last day; empty is the end of the calendar month"),
        Field("amount", Kind.MONEY, "the target", required=True),
        Field("currency", Kind.CURRENCY, "currency of the target"),
    ),
)
_RATE = Entity(
    "fx_rate",
    "what one unit of the account's currency was worth, from a day on",
    (
        Field("currency", Kind.CURRENCY, "the other currency", required=True),
        Field("base", Kind.CURRENCY, "the account's currency"),
        Field("rate", Kind.NUMBER, "units of `currency` for one unit of `base`", required=True),
        Field("starts_on", Kind.DATE, "first day the rate holds; empty is always"),
    ),
)

ENTITIES: Mapping[str, Entity] = {
    entity.name: entity for entity in (_PARTICIPANT, _DEAL, _SPLIT, _ACTIVITY, _QUOTA, _RATE)
}
"""Every entity a mapping can feed, by name."""
