"""The hash of a statement: over a canonical text of its lines.

The text has a row for each line in order of `line_no`. Before the first line of each component stands a row that names
it: plan, plan_version, component, currency; the line's own row has the other columns of frames.LINES in their order,
without person and period. Values are joined by the unit separator (U+001F), decimals with ten places, nothing for null;
every row ends with a line feed. The hash is the SHA-256 of the text in hexadecimal.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from spm.frames import LINES

_KEY = ["participant_id", "period"]
_HEAD = ["plan", "plan_version", "component", "currency"]
_OWN = [name for name in LINES if name not in {*_KEY, *_HEAD}]
_UNIT = "\x1f"
_AT_A_TIME = 100_000  # lines whose text is held at once
NO_LINES = hashlib.sha256(b"").hexdigest()
"""The hash of a statement without lines."""


def hashes(lines: pl.DataFrame) -> pl.DataFrame:
    """`participant_id`, `period` and `hash` of each statement that has lines (frames.LINES in their order)."""
    groups = lines.group_by(_KEY, maintain_order=True).len()
    chunk = (groups["len"].cum_sum() - 1) // _AT_A_TIME
    sizes = groups.with_columns(chunk=chunk).group_by("chunk", maintain_order=True).agg("len")["len"].to_list()
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + sum(size))
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        parts = pool.map(lambda at: _digests(lines.slice(at[0], sum(at[1])), at[1]), zip(starts, sizes, strict=False))
        digests = [digest for part in parts for digest in part]
    return groups.select(_KEY).with_columns(pl.Series("hash", digests, dtype=pl.String))


def _digests(lines: pl.DataFrame, sizes: list[int]) -> list[str]:
    """The hashes of statements that follow each other, each of so many lines."""
    rows = lines.select(_text()).to_series()
    ends = rows.str.len_bytes().cast(pl.Int64).cum_sum().to_list()
    text = memoryview(rows.str.join().item().encode())
    found, start, row = [], 0, 0
    for size in sizes:
        row += size
        found.append(hashlib.sha256(text[start : ends[row - 1]]).hexdigest())
        start = ends[row - 1]
    return found


def _text() -> pl.Expr:
    """The text of each line, with the row that names its component where it is the first of one."""
    changed = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in (*_KEY, *_HEAD))
    head = pl.concat_str(*_HEAD, pl.lit("\n"), separator=_UNIT)
    named = pl.when(changed.fill_null(value=True)).then(head).otherwise(pl.lit(""))
    own = [pl.col(name).cast(pl.String).fill_null("") for name in _OWN]
    values = [part for column in own for part in (column, pl.lit(_UNIT))]
    return pl.concat_str(named, *values[:-1], pl.lit("\n"))
