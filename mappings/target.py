"""What a mapping has to fill: the fields of one kind of record of the model, as values of our own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

KINDS = ("text", "money", "number", "share", "date", "datetime", "boolean", "currency", "email")
"""The kinds of SPM fields. money, number and share are exact decimals with ten places; a share is a fraction."""

NUMBERS = ("money", "number", "share")


@dataclass(frozen=True, slots=True)
class TargetField:
    """One SPM field. `required`: a record without a readable value is kept out; otherwise the field is left empty.
    `choices`: the only values it may have; none is any."""

    name: str
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of record, such as `deal`. `extendable`: a mapping may add fields of its own. `one_of`: fields of which
    a record without a readable value in any is kept out."""

    name: str
    fields: tuple[TargetField, ...]
    extendable: bool = False
    one_of: tuple[str, ...] = ()

    def field(self, name: str) -> TargetField | None:
        """The field called `name`, or None."""
        return next((field for field in self.fields if field.name == name), None)

    def with_own(self, own: Iterable[TargetField]) -> tuple[TargetField, ...]:
        """All fields, those of the mapping's own last and by name."""
        return (*self.fields, *sorted(own, key=lambda field: field.name))
