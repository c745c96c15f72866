"""The hash of a statement: over a canonical text of its lines.

The text has a row for each line in order of `line_no`, with the columns of frames.LINES in their order (without person
and period) joined by the unit separator (U+001F): decimals with ten places, nothing for null; rows are joined by a
line feed. The hash is its SHA-256 in hexadecimal.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from spm.frames import LINES

_KEY = ["participant_id", "period"]
_COLUMNS = [name for name in LINES if name not in _KEY]
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
    columns = [pl.col(name).cast(pl.String).fill_null("") for name in _COLUMNS]
    rows = lines.select(pl.concat_str(columns, separator="\x1f")).to_series()
    ends = (rows.str.len_bytes().cast(pl.Int64) + 1).cum_sum().to_list()
    text = memoryview("".join([*rows.str.join("\n"), "\n"]).encode())
    found, start, row = [], 0, 0
    for size in sizes:
        row += size
        found.append(hashlib.sha256(text[start : ends[row - 1] - 1]).hexdigest())
        start = ends[row - 1]
    return found
