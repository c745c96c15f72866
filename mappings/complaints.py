"""What is wrong with single values of a page, told one by one: which record, which field, what it says, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from connectors.base import FieldKind
from mappings.evaluation import BY_ZERO
from mappings.expressions import Expression
from mappings.target import TargetField
from problems import Problem, Severity, did_you_mean

_SHOWN = 40
_NO_NUMBER = "no number with at most 28 digits before the point and 10 after it"
_CRM_KINDS: Mapping[FieldKind, str] = {
    FieldKind.NUMBER: _NO_NUMBER,
    FieldKind.BOOLEAN: "neither true nor false",
    FieldKind.DATE: "no date",
    FieldKind.DATETIME: "no point in time",
}
_SPM_KINDS: Mapping[str, str] = {
    "money": _NO_NUMBER,
    "number": _NO_NUMBER,
    "share": _NO_NUMBER,
    "date": "no date",
    "datetime": "no point in time",
    "boolean": "neither true nor false",
    "email": "no email address",
    "currency": "no currency code of three letters",
}


def shortened(value: object) -> str:
    """A value as problems show it: quoted, at most 40 characters, on one line."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")


def hint_for(reason: str) -> str:
    """What to do about an expression that fails."""
    if reason == BY_ZERO:
        return "Write / nullif(..., 0) to have it left empty without a word, or correct the record in the CRM."
    return "Correct the record in the CRM, or the expression."


@dataclass(slots=True)
class Complaints:
    """Collects the problems of one page. A problem is an error where it keeps the record out (a required field), else
    a warning: the field is left empty."""

    place: str
    ids: pl.Series
    problems: list[Problem] = field(default_factory=list)

    def unreadable(self, wanted: TargetField, kind: FieldKind, text: pl.Series, bad: pl.Series) -> None:
        """A CRM field that does not hold what it is described to hold."""
        for record, value in _picked(self.ids, text, bad):
            message = f"{text.name} is {shortened(value)}, which is {_CRM_KINDS[kind]}."
            self._tell(record, wanted, message, f"Correct {text.name} in the CRM.")

    def uncalculated(self, wanted: TargetField, expression: Expression, failures: Mapping[int, str]) -> None:
        """An expression that fails on a record: a division by zero, say."""
        for row, reason in failures.items():
            message = f"{shortened(expression.text)} cannot be calculated: {reason}."
            self._tell(self.ids[row], wanted, message, hint_for(reason))

    def unfit(self, wanted: TargetField, given: pl.Series, bad: pl.Series) -> None:
        """A value that the SPM field cannot hold."""
        for record, value in _picked(self.ids, given, bad):
            message = f"{shortened(value)} is {_SPM_KINDS.get(wanted.kind, 'no ' + wanted.kind)}."
            self._tell(record, wanted, message, "Correct the record in the CRM, or map another field.")

    def unknown(self, wanted: TargetField, given: pl.Series, bad: pl.Series) -> None:
        """A word that is none of the field's choices."""
        for record, value in _picked(self.ids, given, bad):
            message = f"{shortened(value)} is none of {', '.join(wanted.choices)}."
            otherwise = f"Add it to the expression of {wanted.name} in the mapping."
            self._tell(record, wanted, message, did_you_mean(str(value), wanted.choices, otherwise))

    def missing(self, wanted: TargetField, fields: Iterable[str], empty: pl.Series) -> None:
        """A required field without a value."""
        source = ", ".join(name for name in fields if not name.startswith("$")) or wanted.name
        for record in self.ids.filter(empty):
            self._tell(record, wanted, f"there is no {wanted.name}.", f"Fill in {source} in the CRM.")

    def none_of(self, names: Sequence[str], empty: pl.Series) -> None:
        """A record with a value in none of the fields of which it needs one."""
        message = f"there is no {' and no '.join(names)}. The record is left out."
        for record in self.ids.filter(empty):
            hint = f"Fill in {' or '.join(names)} in the CRM."
            self.problems.append(Problem(f"{self.place} {record}", names[0], message, hint))

    def _tell(self, record: str, wanted: TargetField, message: str, hint: str) -> None:
        happened = "The record is left out." if wanted.required else "The field is left empty."
        severity: Severity = "error" if wanted.required else "warning"
        where = f"{self.place} {record}"
        self.problems.append(Problem(where, wanted.name, f"{message} {happened}", hint, severity))


def _picked(ids: pl.Series, values: pl.Series, mask: pl.Series) -> Iterable[tuple[str, object]]:
    return zip(ids.filter(mask), values.filter(mask), strict=True) if mask.any() else ()
