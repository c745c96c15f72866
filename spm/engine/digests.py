"""The hash of a statement: SHA-256 over its lines in order of `line_no`, run by run and column by column.

A run is the lines of one component that follow each other: plan, plan_version, component and currency, each as the
first 16 bytes of the SHA-256 of its UTF-8 text, and the number of lines in 8 bytes. After the runs of the statement
comes each other column of frames.LINES but person, period and line number as a block, in their order, with so many
bytes for each line: an integer is 8 bytes, a decimal times 10^10 is 16 bytes, both little-endian in two's complement
and the smallest number there is for null; a text is the first 16 bytes of its SHA-256, and 16 zeros for null. Numbers
are not written out as text, which would take longer than the whole calculation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import polars as pl

from spm.frames import LINES, MONEY

_KEY = ["participant_id", "period"]
_AT_A_TIME = 250_000  # lines whose bytes are held at once
NO_LINES = hashlib.sha256(b"").hexdigest()
"""The hash of a statement without lines."""

_HEAD = ["plan", "plan_version", "component", "currency"]
_COLUMNS = [name for name in LINES if name not in {*_KEY, *_HEAD, "line_no"}]
_NULL = -(2**63)
_WORD = 2**64


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


def _digests(lines: pl.DataFrame, sizes: Sequence[int]) -> list[str]:
    """The hashes of statements that follow each other, each of so many lines."""
    heads, blocks = _heads(lines), _blocks(lines)
    found, row = [], 0
    for size, head in zip(sizes, heads, strict=True):
        digest = hashlib.sha256(head)
        for width, block in blocks:
            digest.update(block[row * width : (row + size) * width])
        found.append(digest.hexdigest())
        row += size
    return found


def _heads(lines: pl.DataFrame) -> list[bytes]:
    """The bytes of each statement's runs."""
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in (*_KEY, *_HEAD))
    first = pl.int_range(pl.len(), dtype=pl.Int64) == 0
    starts = lines.select(*_KEY, *_HEAD, row=pl.int_range(pl.len(), dtype=pl.Int64), starts=changed | first)
    runs = starts.filter("starts").with_columns(lines=pl.col("row").shift(-1).fill_null(lines.height) - pl.col("row"))
    heads: dict[tuple[int, str], bytes] = {}
    for person, period, *texts, _, _, count in runs.iter_rows():
        run = b"".join(_text(text) for text in texts) + count.to_bytes(8, "little")
        heads[person, period] = heads.get((person, period), b"") + run
    return list(heads.values())


def _blocks(lines: pl.DataFrame) -> list[tuple[int, memoryview]]:
    """The bytes of each column, and how many a line has."""
    columns = lines.select(expression for name in _COLUMNS for expression in _as_numbers(name))
    return [_block(columns, name) for name in _COLUMNS]


def _as_numbers(name: str) -> list[pl.Expr]:
    """What the bytes of a column are made from: a decimal in two words, a text as the number of its category."""
    column, kind = pl.col(name), LINES[name]
    if kind == MONEY:
        scaled = column.to_physical()
        low = scaled.cast(pl.Int64, wrap_numerical=True).fill_null(0)
        return [low, (scaled // _WORD).cast(pl.Int64).fill_null(_NULL).alias(f"{name}_high")]
    return [column if kind == pl.String else column.cast(pl.Int64).fill_null(_NULL)]


def _block(columns: pl.DataFrame, name: str) -> tuple[int, memoryview]:
    kind = LINES[name]
    if kind == pl.String:
        return 16, _texts(columns[name])
    if kind != MONEY:
        return 8, columns[name].to_numpy().astype("<i8", copy=False).data.cast("B")
    words = np.empty((columns.height, 2), dtype="<i8")
    words[:, 0] = columns[name].to_numpy()
    words[:, 1] = columns[f"{name}_high"].to_numpy()
    return 16, words.data.cast("B")


def _texts(column: pl.Series) -> memoryview:
    """Each text by the start of its own hash, made once for each different text."""
    if column.null_count() == column.len():
        return memoryview(bytes(16 * column.len()))
    different = column.unique().drop_nulls()
    numbers = column.cast(pl.Enum(different)).to_physical().cast(pl.UInt32).fill_null(different.len()).to_numpy()
    starts = b"".join(_text(text) for text in different) + bytes(16)
    chosen = np.frombuffer(starts, dtype="V16")[numbers]
    return memoryview(chosen.tobytes())


@lru_cache(maxsize=4096)
def _text(text: str | None) -> bytes:
    return bytes(16) if text is None else hashlib.sha256(text.encode()).digest()[:16]
