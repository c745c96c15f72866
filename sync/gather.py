"""Small pages made one: what each page costs to normalise and store is mostly the same for 100 records as for 2,000.

A page only counts once it is committed; so many are committed at once, with the cursor of the last. What was read
before an error is handed over before the error is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from connectors.base import ID, PARENT, ConnectorError, Page

AT_LEAST = 2_000
"""Records that make a commit worth while."""


def gathered(pages: Iterable[Page], at_least: int = AT_LEAST) -> Iterator[Page]:
    """The same records in pages of at least that many; the last may be smaller."""
    waiting: list[Page] = []
    try:
        for page in pages:
            waiting.append(page)
            if page.last or sum(one.records.height for one in waiting) >= at_least:
                yield _one(waiting)
                waiting = []
    except ConnectorError:
        if waiting:
            yield _one(waiting)
        raise


def _one(pages: Sequence[Page]) -> Page:
    """Pages in the order they came, as one: of a record that stands in several, the latest word counts."""
    if len(pages) == 1:
        return pages[0]
    newest = pages[-1]
    records = pl.concat([page.records for page in pages]).unique(ID, keep="last", maintain_order=True)
    gone = _gone(pages)
    return Page(
        object_name=newest.object_name,
        records=records.filter(~pl.col(ID).is_in(list(gone))) if gone else records,
        cursor=newest.cursor,
        last=newest.last,
        gone=gone,
        children={name: _children(pages, name) for name in newest.children},
        expected=newest.expected,
    )


def _gone(pages: Sequence[Page]) -> tuple[str, ...]:
    """What is gone at the end: a record that came again after it was gone is there."""
    gone: dict[str, None] = {}
    for page in pages:
        if gone:
            for record_id in page.records[ID]:
                gone.pop(record_id, None)
        gone.update(dict.fromkeys(page.gone))
    return tuple(gone)


def _children(pages: Sequence[Page], name: str) -> pl.DataFrame:
    """The rows of each parent from the last page that had it."""
    kept: list[pl.DataFrame] = []
    parents: set[str] = set()
    for page in reversed(pages):
        rows = page.children.get(name)
        if rows is not None:
            kept.append(rows.filter(~pl.col(PARENT).is_in(list(parents))) if parents else rows)
        parents.update(page.records[ID])
    return pl.concat(reversed(kept))
