"""The hash of a statement: SHA-256 over its lines in order of `line_no`, column by column.

Each column of frames.LINES but person, period and line number is a block, in their order, with so many bytes for each
line: an integer is 8 bytes, a decimal times 10^10 is 16 bytes, both little-endian in two's complement and the smallest
number there is for null; a text is the first 16 bytes of the SHA-256 of its UTF-8, and 16 zeros for null. Numbers are
not written out as text, which would take longer than the whole calculation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from spm.frames import LINES, MONEY

_KEY = ["participant_id", "period"]
_AT_A_TIME = 250_000  # lines whose bytes are held at once
NO_LINES = hashlib.sha256(b"").hexdigest()
"""The hash of a statement without lines."""

_COLUMNS = [name for name in LINES if name not in {*_KEY, "line_no"}]
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
    blocks = _blocks(lines)
    found, row = [], 0
    for size in sizes:
        digest = hashlib.sha256()
        for width, block in blocks:
            digest.update(block[row * width : (row + size) * width])
        found.append(digest.hexdigest())
        row += size
    return found


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
    """Each text as the start of its own hash, made once for each different text."""
    different = column.unique().drop_nulls()
    numbers = column.cast(pl.Enum(different)).to_physical().cast(pl.UInt32).fill_null(different.len()).to_numpy()
    starts = b"".join(hashlib.sha256(text.encode()).digest()[:16] for text in different) + bytes(16)
    return np.frombuffer(starts, dtype="V16")[numbers].data.cast("B")
