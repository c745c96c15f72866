"""docs/mappings.md: every file, every expression and every table on the page is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from connectors.base import ID, FieldKind
from mappings import load_mapping, rendered
from mappings.coercion import TYPES, coerced
from mappings.expressions import ExpressionError, parse
from mappings.file import _FieldEntry, _ObjectEntry, _WriteEntry
from mappings.kinds import check_kinds
from mappings.reading import read
from mappings.vocabulary import FUNCTIONS
from tests.mappings.model import KINDS, NEW_YORK, OPPORTUNITY, PAY, RESULTS, TARGETS, page

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, title
    return found[1]


def rows(text: str) -> Iterator[list[str]]:
    """The rows of tables, without their headings; the cells without backticks around them."""
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            yield [cell.strip().replace("\\|", "|") for cell in cells]


def table(title: str) -> list[tuple[str, str]]:
    """The first two cells of each row under a heading, bare."""
    return [(first.strip("`"), second.strip("`")) for first, second, *_ in rows(section(title))]


def shown(text: str) -> str:
    """What an expression gives on the record of the page, as the page writes it."""
    expression = parse(text)
    kinds = {**KINDS, "$id": FieldKind.TEXT}
    frame = page({}).with_columns(read(pl.col(name), kind, NEW_YORK).alias(name) for name, kind in KINDS.items())
    columns = tuple((name, kinds[name]) for name in expression.fields)
    dtype = check_kinds(expression, columns, NEW_YORK, "text")
    made = frame.with_columns(expression.polars().alias("="))
    value = made.select(coerced(pl.col("="), dtype, "text", NEW_YORK)).item()
    return "" if value is None else str(value).removesuffix("T04:00:00Z")  # strptime gives a day's first moment


@pytest.mark.parametrize("number", range(PAGE.count("```toml")))
def test_every_file_on_the_page_can_be_used(number: int, tmp_path: Path) -> None:
    text = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[number]
    path = tmp_path / "page.toml"
    path.write_text(text, encoding="utf-8")
    assert load_mapping(path, TARGETS, RESULTS, pay_results=PAY).problems == ()


def test_the_record_of_the_page_is_the_one_the_examples_are_run_on() -> None:
    given = {name.strip("`"): (kind, text.strip("`")) for name, kind, text in rows(section("Expressions"))}
    assert given == {name: (kind.value, text or "") for name, (kind, text) in OPPORTUNITY.items()}


@pytest.mark.parametrize(("expression", "gives"), table("Fields, values, operators") + table("Functions"))
def test_every_expression_on_the_page_gives_what_the_page_says(expression: str, gives: str) -> None:
    assert shown(expression) == gives


def test_the_page_shows_every_function() -> None:
    expected = [(function.example, function.gives, function.meaning) for function in FUNCTIONS.values()]
    given = [(example.strip("`"), gives.strip("`"), meaning) for example, gives, meaning in rows(section("Functions"))]
    assert given == expected


def use(text: str) -> None:
    """What loading a file does with an expression, and then knowing the fields' kinds."""
    expression = parse(text)
    check_kinds(expression, tuple((name, KINDS[name]) for name in expression.fields), NEW_YORK, "text")


@pytest.mark.parametrize(("expression", "said"), table("What is refused"))
def test_what_the_page_says_is_refused_is_refused_with_these_words(expression: str, said: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        use(expression)
    assert said in (refused.value.message, refused.value.hint)


def values(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(
    ("kind", "readable", "unreadable"),
    [
        (kind, values(readable), values(unreadable))
        for kind, readable, unreadable in (
            re.split(r"(?<!\\)\|", line)[1:-1] for line in section("How values are read").splitlines() if "` |" in line
        )
    ],
)
def test_values_are_read_as_the_page_says(kind: str, readable: list[str], unreadable: list[str]) -> None:
    frame = pl.DataFrame({"x": [*readable, *unreadable]})
    read_values = frame.select(read(pl.col("x"), FieldKind(kind.strip()), NEW_YORK)).to_series().to_list()
    assert [value is not None for value in read_values] == [True] * len(readable) + [False] * len(unreadable)


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("What is read: `[objects.NAME]`", _ObjectEntry),
        ("What is read: `[objects.NAME]`", _FieldEntry),
        ("What is written: `[write.deal]` and `[write.participant]`", _WriteEntry),
    ],
)
def test_every_key_of_the_file_is_on_the_page(title: str, model: type) -> None:
    keys = {field.alias or name for name, field in model.model_fields.items()}  # type: ignore[attr-defined]
    assert keys <= {cells[0].strip("`") for cells in rows(section(title))}


def test_the_page_names_the_kinds_of_records_and_types_there_are() -> None:
    assert all(f"`{name}`" in section("What is read: `[objects.NAME]`") for name in (*TARGETS, *TYPES))


def test_the_page_names_the_results_there_are() -> None:
    given = {name.strip("`"): values(columns) for name, columns, *_ in rows(PAGE) if name.strip("`") in RESULTS}
    assert given == {name: list(columns) for name, columns in RESULTS.items()}


def test_the_results_on_the_page_are_written_as_the_page_says(tmp_path: Path) -> None:
    text = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[-1]
    path = tmp_path / "page.toml"
    path.write_text(text, encoding="utf-8")
    mapping = load_mapping(path, TARGETS, RESULTS, pay_results=PAY).mapping
    assert mapping is not None
    money: Mapping[str, str] = {"credited": "100000.5", "attainment": "1.25", "payout": "12345.678"}
    results = pl.DataFrame(
        {
            ID: ["005A"],
            "period": ["2026-Q1"],
            **{name: [Decimal(text)] for name, text in money.items()},
            "currency": ["USD"],
            "calculated_at": [datetime(2026, 3, 31, 12, tzinfo=UTC)],
        },
        schema_overrides={name: pl.Decimal(38, 10) for name in money},
    )
    made = rendered(mapping.writes["participant"], results)
    assert made.problems == ()
    assert made.frame.drop(ID).row(0) == (
        "125",
        "12345.68",
        "2026-Q1",
        "2026-Q1: 100000.50 USD",
        "true",
        "2026-03-31",
        "2026-03-31T12:00:00Z",
    )
