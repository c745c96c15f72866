"""What an object and a field are in Salesforce, and the short words this sandbox declares them with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

NUMERIC = frozenset({"currency", "double", "percent"})
TEXTUAL = frozenset({"string", "textarea", "picklist", "combobox", "email", "phone", "url"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `length` in characters for text; `precision` and `scale` in digits for numbers.

    `visible_to_all` is False for fields made through the API: they show only to users with a FieldPermissions row.
    """

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    createable: bool = True
    updateable: bool = True
    nillable: bool = True
    permissionable: bool = True
    defaulted: bool = False
    filterable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    choices: tuple[str, ...] = ()
    restricted: bool = False
    name_field: bool = False
    external_id: bool = False
    unique: bool = False
    auto_number: bool = False
    default: object = None
    visible_to_all: bool = True

    @property
    def custom(self) -> bool:
        """Whether somebody in the org made it."""
        return self.name.endswith("__c")

    @property
    def is_number(self) -> bool:
        """Whether it holds a number with decimals, stored as an integer of its smallest unit."""
        return self.type in NUMERIC

    @property
    def is_text(self) -> bool:
        """Whether it holds text that compares without regard to case."""
        return self.type in TEXTUAL

    @property
    def required(self) -> bool:
        """Whether a new record must bring it."""
        return self.createable and not self.nillable and not self.defaulted


@dataclass(frozen=True, slots=True)
class SObject:
    """One object: name, labels, key prefix of its ids, fields in order, and what can be done with it.

    `vanishes` means that deleted rows never reach the recycle bin. `children` maps child relationship names to
    (object, field).
    """

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    fields: tuple[Field, ...]
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    vanishes: bool = False
    replicateable: bool = True
    children: dict[str, tuple[str, str]] = field(default_factory=dict)
    in_data: bool = True
    in_tooling: bool = False

    @property
    def has_bin(self) -> bool:
        """Whether deleted records stay visible to queryAll."""
        return any(one.name == "IsDeleted" for one in self.fields)


Flags = dict[str, Any]


def _made(name: str, kind: str, label: str, values: Flags, **more: Any) -> Field:
    return Field(**{"name": name, "type": kind, "label": label or _spaced(name), **more, **values})


def _spaced(name: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name.removesuffix("__c"))
    return words.replace("_", " ").strip()


def text(name: str, length: int = 255, *, label: str = "", kind: str = "string", **values: Any) -> Field:
    """A text field of up to `length` characters."""
    return _made(name, kind, label, values, length=length)


def number(name: str, precision: int = 18, scale: int = 2, *, kind: str = "double", **values: Any) -> Field:
    """A number of `precision` digits, `scale` of them after the point."""
    return _made(name, kind, "", values, precision=precision, scale=scale)


def currency(name: str, **values: Any) -> Field:
    """An amount in the record's currency, 18 digits with two decimals."""
    return number(name, 18, 2, kind="currency", **values)


def percent(name: str, precision: int, scale: int, **values: Any) -> Field:
    """A percentage: 50 is a half."""
    return number(name, precision, scale, kind="percent", **values)


def whole(name: str, **values: Any) -> Field:
    """A whole number."""
    return _made(name, "int", "", values)


def day(name: str, **values: Any) -> Field:
    """A date."""
    return _made(name, "date", "", values)


def moment(name: str, **values: Any) -> Field:
    """A date and time."""
    return _made(name, "datetime", "", values)


def flag(name: str, **values: Any) -> Field:
    """Yes or no; never null."""
    return _made(name, "boolean", "", values, nillable=False, defaulted=True, default=False)


def choice(name: str, choices: Sequence[str], length: int = 255, **values: Any) -> Field:
    """A picklist."""
    return _made(name, "picklist", "", values, length=length, choices=tuple(choices))


def reference(name: str, *targets: str, **values: Any) -> Field:
    """A lookup; its relationship is the name without Id."""
    relationship = name.removesuffix("Id") if name.endswith("Id") else name.replace("__c", "__r")
    return _made(name, "reference", "", values, length=18, reference_to=targets, relationship=relationship)


READ_ONLY: Flags = {"createable": False, "updateable": False, "permissionable": False}
"""Set by the platform alone."""
CREATE_ONLY: Flags = {"updateable": False, "permissionable": False}
"""Given once, when the record is made."""
REQUIRED: Flags = {"nillable": False, "permissionable": False}
"""A new record must bring it; nobody's sight of it can be taken away."""


def system_fields(*, bin_: bool = True) -> Iterable[Field]:
    """The fields every object has: id, who made and changed it and when, and whether it is in the recycle bin."""
    fixed: Flags = {**READ_ONLY, "nillable": False, "defaulted": True}
    yield _made("Id", "id", "Record ID", dict(fixed), length=18)
    if bin_:
        yield flag("IsDeleted", **READ_ONLY)
    for what in ("Created", "LastModified"):
        yield moment(f"{what}Date", **fixed)
        yield reference(f"{what}ById", "User", **fixed)
    yield moment("SystemModstamp", **fixed)
