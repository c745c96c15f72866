"""The further columns of deals: fields of their own, whose type is found from their values.

All days: a day. All decimal numbers: an exact decimal. All true or false: a truth value. Anything else: text. Of a
column without any value the type is the one by which the plans can use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from spm.frames import MONEY
from spm.plans import load_plan
from spm.plans.expressions import Refused, fields_of, parse
from spm.plans.fields import ON_A_DEAL, fields_for
from spm.plans.model import Plan, Source
from spm.trial.columns import booleans, days, moments, shares

Type = pl.DataType | type[pl.DataType]

_FIELD = "field:"
_NUMBERED = r"^[+-]?0\d"  # 007 is a name, no number
_CANDIDATES: tuple[Type, ...] = (pl.String, MONEY, pl.Date, pl.Boolean)


def with_types(frame: pl.DataFrame, names: Sequence[str], kinds: Mapping[str, Type]) -> tuple[pl.DataFrame, list[str]]:
    """The frame with these text columns in the types of `kinds`, else of their values; and the names of those without
    a type: no value says it. Values that are not of the type are null."""
    frame = frame.with_columns(
        _read(frame[name], kinds[name]) if name in kinds else _typed(frame[name]) for name in names
    )
    absent = [name for name in kinds if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, kinds[name]).alias(name) for name in absent)
    return frame, [name for name in names if name not in kinds and frame[name].null_count() == frame.height]


def _read(text: pl.Series, kind: Type) -> pl.Series:
    readers = {pl.Date: days, pl.Boolean: booleans, pl.Decimal: shares, pl.Datetime: moments}
    reader = next((read for base, read in readers.items() if kind == base), None)
    if reader is None:
        return text
    return pl.DataFrame([text]).select(reader(pl.col(text.name)).alias(text.name)).to_series()


def _typed(text: pl.Series) -> pl.Series:
    numbered = bool(text.str.contains(_NUMBERED).any())
    for kind in (pl.Date, pl.Boolean, *(() if numbered else (MONEY,))):
        values = _read(text, kind)
        if values.null_count() == text.null_count() and values.null_count() < text.len():
            return values
    return text


def settle(known: Mapping[str, Type], undecided: Sequence[str], paths: Sequence[Path]) -> dict[str, Type]:
    """A type for each undecided field beside the known ones: the first of those with which the plans in these files
    have the fewest faults."""
    settled = dict(known) | dict.fromkeys(undecided, pl.String)
    plans = [(path, load_plan(path).plan) for path in paths] if undecided else []
    for name in undecided:
        tried = [{**settled, name: kind} for kind in _CANDIDATES]
        counts = [sum(_faults(path, plan, types) for path, plan in plans) for types in tried]
        settled = tried[counts.index(min(counts))]
    return settled


def _faults(path: Path, plan: Plan | None, own: Mapping[str, Type]) -> int:
    unable = [text for source, text in (_expressions(plan) if plan else ()) if not _works(text, source, own)]
    return len(load_plan(path, own_fields=own).problems) + len(unable)


def _works(text: str, source: Source, own: Mapping[str, Type]) -> bool:
    """Whether the expression can be calculated on such records: some faults show only there."""
    schema = dict(fields_for(source, own))
    try:
        pl.DataFrame({name: [None] for name in schema}, schema).select(parse(text).alias("result"))
    except (Refused, pl.exceptions.PolarsError):
        return False
    return True


def day_fields(plan: Plan) -> set[str]:
    """The fields of deals that the plan takes days from."""
    named = {plan.exchange.policy}
    for part in plan.components:
        if part.measure.source in ON_A_DEAL:
            named.add(part.measure.date)
        named |= {part.hold.release} if part.hold else set()
        named |= {part.clawback.on} if part.clawback else set()
    return named - {"counting_date", "plan_rate", "payment", "invoice", "refund"}


def fields(plan: Plan) -> set[str]:
    """Every field of records that the plan's expressions and days read."""
    return day_fields(plan).union(*(_fields(text) for _, text in _expressions(plan)))


def _expressions(plan: Plan) -> Iterator[tuple[Source, str]]:
    for part in plan.components:
        source = part.measure.source
        if source in ON_A_DEAL:
            texts = (part.measure.value, part.measure.condition, part.measure.weight)
            yield from ((source, text) for text in texts if text)
            yield from ((source, rule.condition) for rule in part.credit if rule.condition)
            yield from ((source, _quoted(rule.to)) for rule in part.credit if rule.to.startswith(_FIELD))


def _quoted(to: str) -> str:
    return f'"{to.removeprefix(_FIELD)}"'


def _fields(text: str) -> tuple[str, ...]:
    try:
        return fields_of(parse(text))
    except Refused:
        return ()  # the plan's own check says so
