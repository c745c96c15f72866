"""Small pages become larger ones without a record more or less, whatever comes between."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Page, TryLater
from sync.gather import gathered


def page(number: int, ids: list[str], *, gone: tuple[str, ...] = (), last: bool = False, children: str = "") -> Page:
    records = pl.DataFrame({"$id": ids, "said": [str(number)] * len(ids)}, schema={"$id": pl.String, "said": pl.String})
    rows = [(f"{key}{number}", key) for key in children]
    frame = pl.DataFrame(rows, schema={"$id": pl.String, "$parent": pl.String}, orient="row")
    return Page("deals", records, {"at": number}, last, gone=gone, children={"splits": frame})


def test_pages_are_put_together_until_there_are_enough() -> None:
    pages = [page(1, ["a", "b"]), page(2, ["c", "d"]), page(3, ["e"], last=True)]
    found = list(gathered(pages, at_least=4))
    assert [one.records["$id"].to_list() for one in found] == [["a", "b", "c", "d"], ["e"]]
    assert [(one.cursor, one.last) for one in found] == [({"at": 2}, False), ({"at": 3}, True)]


def test_the_later_word_on_a_record_counts() -> None:
    found = list(gathered([page(1, ["a", "b"]), page(2, ["a"], last=True)]))
    assert dict(found[0].records.iter_rows()) == {"b": "1", "a": "2"}


@pytest.mark.parametrize(
    ("pages", "there", "gone"),
    [
        ([page(1, ["a"]), page(2, [], gone=("a",), last=True)], [], ["a"]),  # read, then deleted
        ([page(1, [], gone=("a",)), page(2, ["a"], last=True)], ["a"], []),  # deleted, then brought back
        ([page(1, ["a"], gone=("b",)), page(2, ["b"], gone=("a",), last=True)], ["b"], ["a"]),  # one each way
    ],
)
def test_what_is_gone_at_the_end_is_gone(pages: list[Page], there: list[str], gone: list[str]) -> None:
    (found,) = gathered(pages)
    assert (found.records["$id"].to_list(), list(found.gone)) == (there, gone)


def test_children_are_those_of_the_last_page_that_had_the_parent() -> None:
    (found,) = gathered([page(1, ["a", "b"], children="ab"), page(2, ["a"], last=True, children="")])
    assert found.children["splits"]["$id"].to_list() == ["b1"]


def test_what_was_read_before_an_error_is_handed_over_first() -> None:
    def failing() -> Iterator[Page]:
        yield page(1, ["a"])
        raise TryLater("the CRM is busy")

    pages = gathered(failing())
    assert next(pages).records["$id"].to_list() == ["a"]
    with pytest.raises(TryLater):
        next(pages)


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), min_size=1), st.integers(1, 6))
def test_the_last_word_on_every_record_is_what_comes_out(ids: list[list[str]], at_least: int) -> None:
    pages = [page(number, keys, last=number == len(ids) - 1) for number, keys in enumerate(ids)]
    said = {key: str(number) for number, keys in enumerate(ids) for key in keys}
    came = [dict(one.records.iter_rows()) for one in gathered(pages, at_least)]
    merged = {key: value for one in came for key, value in one.items()}
    assert merged == said
