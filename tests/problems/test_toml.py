"""Files that cannot be read are one problem with its line; numbers stay exact."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from problems import Problem
from problems.toml import TomlError, parse_toml, read_toml


def failure(text: str) -> Problem:
    with pytest.raises(TomlError) as caught:
        parse_toml(text, name="plan.toml")
    return caught.value.problem


def test_rate_is_read_exactly() -> None:
    assert parse_toml("rate = 0.1000000000000000055511151231257827", name="p").data["rate"] == Decimal(
        "0.1000000000000000055511151231257827"
    )


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("a = 1\nb = \n", "plan.toml:2", "the value cannot be read"),  # no value
        ("a = 1\nb = yes\n", "plan.toml:2", "the value cannot be read"),  # text without quotes
        ("a = 1\na = 2\n", "plan.toml:2", "given twice"),
        ("[a]\n[b]\n[a]\n", "plan.toml:3", "given twice"),
        ("a = [1,\n2\n", "plan.toml:2", "not closed"),  # runs into the end
        ('a = "x\n', "plan.toml:1", "not valid TOML"),  # newline in a string
        ("a = 2026-02-30\n", "plan.toml:1", "date"),  # no such day
        ("a = " + "9" * 5000, "plan.toml", "not valid TOML"),  # a number beyond what Python reads
        ("a = " + "[" * 100_000, "plan.toml", ""),  # brackets without end
        ("a = 1e99999999999999999999", "plan.toml", "out of every bound"),  # beyond what a decimal can be
    ],
)
def test_text_that_is_no_toml_is_one_problem_at_its_line(text: str, where: str, said: str) -> None:
    problem = failure(text)
    assert problem.where.startswith(where)
    assert said in problem.message
    assert problem.hint


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TomlError) as caught:
        read_toml(tmp_path / "none.toml", name="none.toml")
    assert caught.value.problem.where == "none.toml"
    assert "no such file" in caught.value.problem.message


def test_folder_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(TomlError, match="folder"):
        read_toml(tmp_path)


def test_unreadable_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    with pytest.raises(TomlError, match="cannot be read"):
        read_toml(tmp_path / "loop.toml")


def test_text_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes('a = 1\nname = "Müller"\n'.encode("latin-1"))
    with pytest.raises(TomlError) as caught:
        read_toml(path, name="latin.toml")
    assert caught.value.problem.where == "latin.toml:2"


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    document = read_toml(path)
    assert document.data == {"a": 1, "b": 2}
    assert document.line_of(("b",)) == 2


def test_missing_key_has_the_line_of_its_table() -> None:
    document = parse_toml("[a]\nx = 1\n[b]\n", name="p.toml")
    assert document.line_of(("b", "missing", 3)) == 3
    assert document.where(("b", "missing")) == "p.toml:3"


def test_what_stands_nowhere_has_the_file_alone() -> None:
    assert parse_toml("a = 1", name="p.toml").where(("nothing",)) == "p.toml"
