"""The tables of facts that may stand in files or in a plan's tests: their names and columns (docs/trying.md)."""

from __future__ import annotations

from spm.trial.columns import Column, Kind

_PERSON = ("owner", "owner_email", "person", "rep")
_DEAL = Column("deal_id", Kind.TEXT, ("deal",), required=True)

DEALS = (
    Column("deal_id", Kind.TEXT, ("id",)),
    Column("name"),
    Column("account"),
    Column("owner", Kind.PERSON, ("email", "owner_email", "person", "rep")),
    Column("amount", Kind.NUMBER),
    Column("currency", Kind.CURRENCY),
    Column("close_date", Kind.DAY, ("date", "on")),
    Column("stage"),
    Column("status", choices=("open", "won", "lost")),
    Column("deal_type"),
    Column("probability", Kind.SHARE),
    Column("created_at", Kind.MOMENT),
)
SPLITS = (
    _DEAL,
    Column("email", Kind.PERSON, _PERSON, required=True),
    Column("share", Kind.SHARE),
    Column("amount", Kind.NUMBER),
    Column("role"),
)
QUOTAS = (
    Column("email", Kind.PERSON, ("who", *_PERSON), required=True),
    Column("measure"),
    Column("starts_on", Kind.DAY, ("from",), required=True),
    Column("ends_on", Kind.DAY, ("to",)),
    Column("amount", Kind.SHARE, ("quota",), required=True),
    Column("currency", Kind.CURRENCY),
)
PEOPLE = (
    Column("email", Kind.PERSON, _PERSON, required=True),
    Column("name"),
    Column("manager", Kind.PERSON, ("manager_email",)),
    Column("team"),
    Column("currency", Kind.CURRENCY),
    Column("hire_date", Kind.DAY),
    Column("leave_date", Kind.DAY),
)
HIERARCHY = (
    Column("email", Kind.PERSON, _PERSON, required=True),
    Column("manager", Kind.PERSON, ("manager_email",)),
    Column("team"),
    Column("starts_on", Kind.DAY, ("from",)),
    Column("ends_on", Kind.DAY, ("to",)),
)
ASSIGNMENTS = (
    Column("who", Kind.PERSON, ("email", *_PERSON), required=True),
    Column("plan"),
    Column("starts_on", Kind.DAY, ("from",)),
    Column("ends_on", Kind.DAY, ("to",)),
)
PAYMENTS = (
    _DEAL,
    Column("kind"),
    Column("on", Kind.DAY, ("date", "paid_on"), required=True),
    Column("amount", Kind.NUMBER),
    Column("currency", Kind.CURRENCY),
    Column("item", Kind.TEXT, ("id", "number", "invoice")),
)
ACTIVITIES = (
    Column("id", Kind.TEXT, ("activity_id", "item")),
    Column("owner", Kind.PERSON, ("email", "owner_email", "person", "rep")),
    Column("type", required=True),
    Column("happened_on", Kind.DAY, ("on", "date"), required=True),
    Column("done", Kind.BOOLEAN),
    Column("status"),
    Column("duration_minutes", Kind.NUMBER),
    Column("subject"),
    Column("deal_id", Kind.TEXT, ("deal",)),
)
ENTRIES = (
    Column("email", Kind.PERSON, _PERSON, required=True),
    Column("measure", required=True),
    Column("on", Kind.DAY, ("date",), required=True),
    Column("value", Kind.SHARE, ("amount",), required=True),
    Column("currency", Kind.CURRENCY),
    Column("note"),
    Column("item", Kind.TEXT, ("id",)),
)
ITEMS = (
    _DEAL,
    Column("item", Kind.TEXT, ("id", "item_id")),
    Column("product"),
    Column("family"),
    Column("quantity", Kind.NUMBER),
    Column("price", Kind.NUMBER),
    Column("amount", Kind.NUMBER),
)
ABSENCES = (
    Column("email", Kind.PERSON, _PERSON, required=True),
    Column("starts_on", Kind.DAY, ("from",), required=True),
    Column("ends_on", Kind.DAY, ("to",), required=True),
    Column("reason"),
)
FX_RATES = (
    Column("base", Kind.CURRENCY, required=True),
    Column("currency", Kind.CURRENCY, required=True),
    Column("rate", Kind.NUMBER, required=True),
    Column("starts_on", Kind.DAY, ("from", "on", "date")),
)
ADJUSTMENTS = (
    Column("email", Kind.PERSON, _PERSON, required=True),
    Column("period", required=True),
    Column("amount", Kind.NUMBER, required=True),
    Column("currency", Kind.CURRENCY),
    Column("component"),
    Column("deal_id", Kind.TEXT, ("deal",)),
    Column("reason"),
    Column("author"),
)
PERIODS = (
    Column("period", required=True),
    Column("kind", choices=("month", "quarter", "half", "year"), required=True),
    Column("starts_on", Kind.DAY, ("from",), required=True),
    Column("ends_on", Kind.DAY, ("to",), required=True),
)

COLUMNS = {
    "deals": DEALS,
    "splits": SPLITS,
    "quotas": QUOTAS,
    "people": PEOPLE,
    "hierarchy": HIERARCHY,
    "assignments": ASSIGNMENTS,
    "payments": PAYMENTS,
    "activities": ACTIVITIES,
    "entries": ENTRIES,
    "items": ITEMS,
    "absences": ABSENCES,
    "fx_rates": FX_RATES,
    "adjustments": ADJUSTMENTS,
    "periods": PERIODS,
}
"""The columns of each table, by the table's name."""
