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

from connectors.base import ID, FieldKind, Value
from mappings.coercion import coerced, plain_numbers
from mappings.evaluation import Failures, one_by_one
from mappings.kinds import can_become, family
from mappings.reading import days, moments, numbers, yes_or_no
from mappings.sections import WriteField, WriteMapping
from problems import Problem

_SECOND = "%Y-%m-%dT%H:%M:%SZ"
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What each record should hold: text columns ID and the CRM's field names, null where a field is to be empty.
    A field whose expression cannot work on the results has no column, so that nothing is cleared by mistake."""

    frame: pl.DataFrame
    problems: tuple[Problem, ...]


def rendered(section: WriteMapping, results: pl.DataFrame) -> Rendered:
    """The values of `results` (ID and the result columns, typed) as the section's CRM fields are to hold them."""
    problems: list[Problem] = []
    expressions = {field.name: field.value.polars() for field in section.fields}
    made, failures = _made(results, expressions)
    columns = [results[ID]]
    for field in section.fields:
        problems += _failed(section, field, results[ID], failures.get(field.name, {}))
        values = made[field.name]
        if family(values.dtype) != "nothing" and not can_become(family(values.dtype), _SPM_KIND[field.kind]):
            message = f"{field.value.text!r} gives a {family(values.dtype)}, and {field.name} is a {field.kind}."
            problems.append(Problem(field.where, field.name, message, "Change its type or its value."))
            continue
        text = _text_of(field, values)
        columns.append(_clipped(section, field, results[ID], text, problems) if field.kind is FieldKind.TEXT else text)
    return Rendered(pl.DataFrame(columns), tuple(problems))


def _made(
    results: pl.DataFrame, expressions: Mapping[str, pl.Expr]
) -> tuple[Mapping[str, pl.Series], Mapping[str, Failures]]:
    """Each expression's values under its CRM field's name; names of results and of CRM fields never mix."""
    named = {f"made:{name}": expression for name, expression in expressions.items()}
    try:
        done = results.with_columns([expression.alias(name) for name, expression in named.items()])
        failures: Mapping[str, Failures] = {}
    except pl.exceptions.PolarsError:
        done, failures = one_by_one(results, named)
    made = {name: done[f"made:{name}"].alias(name) for name in expressions}
    return made, {name.removeprefix("made:"): failed for name, failed in failures.items()}


def _failed(section: WriteMapping, field: WriteField, ids: pl.Series, failures: Failures) -> list[Problem]:
    return [
        Problem(
            f"{section.object_name} {ids[row]}",
            field.name,
            f"{field.value.text!r} cannot be calculated: {reason}. The field is cleared.",
            "Correct the expression in the mapping.",
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


def _text_of(field: WriteField, values: pl.Series) -> pl.Series:
    typed = coerced(pl.col(field.name), values.dtype, _SPM_KIND[field.kind], "UTC")
    return values.to_frame().select(_TEXTS[field.kind](typed, field).alias(field.name)).to_series()


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
