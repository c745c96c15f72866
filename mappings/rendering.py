"""What is written, and what the CRM holds, as the same text: two values are equal when their texts are.

Numbers are rounded to the field's places, halves away from zero, and written without exponent and without zeros at
the end; days as 2026-01-31, moments in UTC to the second as 2026-01-31T08:00:00Z, true and false. An empty text and
none at all are the same: the field is cleared. Texts have no spaces around them and one kind of line end, since the
CRMs keep neither; one that is too long is cut, with a sign that it is, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from polars import selectors as cs

from connectors.base import ID, FieldKind, Value
from mappings.coercion import coerced, plain_numbers
from mappings.complaints import hint_for
from mappings.evaluation import Failures, one_by_one
from mappings.expressions import ExpressionError
from mappings.kinds import MONEY, check_types
from mappings.reading import days, moments, numbers, yes_or_no
from mappings.sections import WriteField, WriteMapping
from problems import Problem

_SECOND = "%Y-%m-%dT%H:%M:%SZ"
_CUT = "…"
_MADE = "made:"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What each record should hold: text columns ID and the CRM's field names, null where a field is to be empty.
    A field whose expression cannot work on the results has no column, so that nothing is cleared by mistake."""

    frame: pl.DataFrame
    problems: tuple[Problem, ...]


def rendered(section: WriteMapping, results: pl.DataFrame) -> Rendered:
    """The values of `results` (ID and the result columns, typed) as the section's CRM fields are to hold them."""
    problems: list[Problem] = []
    results = results.with_columns(cs.integer().cast(MONEY))  # a division of whole numbers is floating point
    types = {field.name: given for field in section.fields if (given := _given(field, results, problems))}
    usable = [field for field in section.fields if field.name in types]
    made, failures = _made(results, {field.name: field.value.polars() for field in usable})
    columns = [results[ID]]
    for field in usable:
        problems += _failed(section, field, results[ID], failures.get(field.name, {}))
        typed = coerced(pl.col(_MADE + field.name), types[field.name], _SPM_KIND[field.kind], "UTC")
        text = made.select(_TEXTS[field.kind](typed, field).alias(field.name)).to_series()
        columns.append(_clipped(section, field, results[ID], text, problems) if field.kind is FieldKind.TEXT else text)
    return Rendered(pl.DataFrame(columns), tuple(problems))


def _given(field: WriteField, results: pl.DataFrame, problems: list[Problem]) -> pl.DataType | None:
    """The type of what the expression gives; None, and a problem, where it cannot work."""
    try:
        lacking = next((name for name in field.value.fields if name not in results.columns), None)
        if lacking is not None:
            raise ExpressionError(f"there is no result {lacking!r}.", "Use another one.")
        columns = tuple((name, results.schema[name]) for name in field.value.fields)
        return check_types(field.value, columns, _SPM_KIND[field.kind])
    except ExpressionError as error:
        problems.append(Problem(field.where, field.name, f"{error.message} It is not written.", error.hint))
        return None


def _made(results: pl.DataFrame, expressions: Mapping[str, pl.Expr]) -> tuple[pl.DataFrame, Mapping[str, Failures]]:
    """What each expression gives, in columns that no result is called; and where it fails."""
    named = {_MADE + name: expression for name, expression in expressions.items()}
    try:
        return results.with_columns([expression.alias(name) for name, expression in named.items()]), {}
    except pl.exceptions.PolarsError:
        done, failures = one_by_one(results, named)
        return done, {name.removeprefix(_MADE): failed for name, failed in failures.items()}


def _failed(section: WriteMapping, field: WriteField, ids: pl.Series, failures: Failures) -> list[Problem]:
    return [
        Problem(
            f"{section.object_name} {ids[row]}",
            field.name,
            f"{field.value.text!r} cannot be calculated: {reason}. The field is cleared.",
            hint_for(reason),
            "warning",
        )
        for row, reason in failures.items()
    ]


_SPM_KIND: Mapping[FieldKind, str] = {
    FieldKind.TEXT: "text",
    FieldKind.NUMBER: "number",
    FieldKind.BOOLEAN: "boolean",
    FieldKind.DATE: "date",
    FieldKind.DATETIME: "datetime",
}


def canonical(section: WriteMapping, held: pl.DataFrame) -> pl.DataFrame:
    """What the CRM holds (text columns ID and some of the section's fields), in the same text as `rendered` gives.

    A value that is not of the field's kind at all stays as it is: it equals nothing we write.
    """
    fields = [field for field in section.fields if field.name in held.columns]
    return held.select(ID, *(_canonical(field).alias(field.name) for field in fields))


def _canonical(field: WriteField) -> pl.Expr:
    clean = _tidy(pl.col(field.name).cast(pl.String))
    read = _READS[field.kind](clean)
    return pl.coalesce(_TEXTS[field.kind](read, field), clean)


_READS: Mapping[FieldKind, Callable[[pl.Expr], pl.Expr]] = {
    FieldKind.TEXT: lambda clean: clean,
    FieldKind.NUMBER: numbers,
    FieldKind.BOOLEAN: yes_or_no,
    FieldKind.DATE: lambda clean: days(clean, "UTC"),
    FieldKind.DATETIME: lambda clean: moments(clean, "UTC"),
}

_TEXTS: Mapping[FieldKind, Callable[[pl.Expr, WriteField], pl.Expr]] = {
    FieldKind.TEXT: lambda values, _: _tidy(values),
    FieldKind.NUMBER: lambda values, field: plain_numbers(values.round(field.scale, mode="half_away_from_zero")),
    FieldKind.BOOLEAN: lambda values, _: values.cast(pl.String),
    FieldKind.DATE: lambda values, _: values.cast(pl.String),
    FieldKind.DATETIME: lambda values, _: values.dt.to_string(_SECOND),
}


def _tidy(text: pl.Expr) -> pl.Expr:
    clean = text.str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
    clean = clean.str.strip_chars()
    return pl.when(clean != "").then(clean)


def _clipped(
    section: WriteMapping, field: WriteField, ids: pl.Series, text: pl.Series, problems: list[Problem]
) -> pl.Series:
    """Texts no longer than the field. Lengths are counted as the CRMs do, in UTF-16 units; bytes are never fewer."""
    longer = {
        row: text[row]
        for row in (text.str.len_bytes() > field.length).fill_null(value=False).arg_true()
        if _units(text[row]) > field.length
    }
    if not longer:
        return text
    for row in longer:
        message = f"the text is longer than the {field.length} characters of the field and was cut."
        hint = "Make the field longer, or the text shorter."
        problems.append(Problem(f"{section.object_name} {ids[row]}", field.name, message, hint, "warning"))
    cut = [_cut(longer[row], field.length) for row in longer]
    return text.scatter(list(longer), cut)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, length: int) -> str:
    kept = text.encode("utf-16-le")[: 2 * (length - 1)].decode("utf-16-le", errors="ignore")
    return kept.rstrip() + _CUT


def as_value(field: WriteField, text: str | None) -> Value:
    """A rendered text as the connector takes it: a Decimal for a number, a bool for yes or no, None to clear."""
    if text is None or text == "":
        return None
    if field.kind is FieldKind.NUMBER:
        return Decimal(text)
    if field.kind is FieldKind.BOOLEAN:
        return text == "true"
    return text
