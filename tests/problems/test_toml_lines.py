"""Every key of a TOML text is found on the line it stands on."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems.toml_lines import Path, key_lines

PLAN = """\
# [not.a.table]
name = "Account # Executive"   # [nor.this]
owner . "e mail" = 1979-05-27 07:32:00

text = \"\"\"
[also.not.a.table]
rate = 1
"a quote \\\""" and a closing one\"\"\"\"
other = '''
key = 2''''

arr = [
  1, # one ]
  [ 2, 3],
  { x = 1, "y.z" = [ 1,
     2 ] }
  ,
]
[[components]]
name = "x"
  [[components.tiers]]
  rate = 0.1
  [[components.tiers]]
  from = 100
  rate = 0.2
[[components]]
[components.sub]
k = 'v'
[[components.tiers]]
rate = nan
[ spaced . 'out' ]
e=1
[late.inner]
[late]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),  # after a comment that looks like a header
        (("owner",), 3),  # implied by a dotted key
        (("owner", "e mail"), 3),  # quoted key, blanks around the point
        (("text",), 5),  # a multi-line string starts where its key stands
        (("other",), 9),  # the string before ended with four quotes
        (("arr", 0), 13),
        (("arr", 1, 1), 14),  # array in an array
        (("arr", 2, "x"), 15),  # inline table in an array
        (("arr", 2, "y.z"), 15),  # a point in a quoted key is no separator
        (("arr", 2, "y.z", 1), 16),  # an array over two lines inside an inline table
        (("components",), 19),
        (("components", 0), 19),
        (("components", 0, "tiers"), 21),
        (("components", 0, "tiers", 0, "rate"), 22),
        (("components", 0, "tiers", 1, "rate"), 25),
        (("components", 1), 26),
        (("components", 1, "sub", "k"), 28),  # a table of the newest element
        (("components", 1, "tiers", 0, "rate"), 30),  # counted anew in each element
        (("spaced", "out", "e"), 32),
        (("late",), 34),  # its own header, though `[late.inner]` came first
    ],
)
def test_key_has_its_line(path: Path, line: int) -> None:
    assert key_lines(PLAN)[path] == line


def test_nothing_inside_strings_and_comments_is_a_key() -> None:
    tops = {path[0] for path in key_lines(PLAN)}
    assert tops == set(tomllib.loads(PLAN))


def test_line_ends_of_windows_count_once() -> None:
    assert key_lines("a = 1\r\n\r\n[b]\r\nc = '''\r\n'''\r\nd = 2\r\n")[("b", "d")] == 6


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "   "])
def test_text_without_keys_has_no_lines(text: str) -> None:
    assert key_lines(text) == {}


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=["Cc", "Cs"]), max_size=6)
SCALARS = st.one_of(
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.text(st.sampled_from("ab[]{}=#.,\"'\\\n "), max_size=12),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)
TABLES = st.dictionaries(KEYS, st.one_of(VALUES, st.lists(st.dictionaries(KEYS, VALUES), max_size=3)), max_size=5)


@given(TABLES)
def test_every_path_of_the_data_is_found_and_no_other(data: dict[str, Any]) -> None:
    text = "".join(_top(key, value) for key, value in _tables_last(data))
    assert tomllib.loads(text) == data
    assert set(key_lines(text)) == set(_paths(data))


def _tables_last(data: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(data.items(), key=lambda item: _is_tables(item[1]))


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


def _top(key: str, value: Any) -> str:
    if not _is_tables(value):
        return f"{_quoted(key)} = {_inline(value)}\n"
    blocks = []
    for element in value:
        pairs = "".join(f"  {_quoted(name)} = {_inline(inner)}\n" for name, inner in element.items())
        blocks.append(f"[[ {_quoted(key)} ]] # next\n{pairs}")
    return "".join(blocks)


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[ " + "".join(f"\n# ]\n{_inline(element)} ," for element in value) + "]"
    return "{" + ", ".join(f"{_quoted(key)} = {_inline(inner)}" for key, inner in value.items()) + "}"


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + plain.replace("\n", "\\n") + '"'


def _paths(data: Any, base: Path = ()) -> list[Path]:
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path for step, inner in steps for path in [(*base, step), *_paths(inner, (*base, step))]]
