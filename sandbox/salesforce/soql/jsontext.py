"""Records as JSON text, made by the database itself: a page of 2,000 is a join of 2,000 strings.

Numbers come out as `number_text` writes them; the database calls it only for the rare ones in scientific notation.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.salesforce.schema import Field
from sandbox.salesforce.values import number_text

_UNQUOTED = frozenset({"id", "reference", "date", "datetime"})
_PRINTED_AT_ONCE = 90
_PLAIN_DIGITS = 7  # from ten million on Java writes 1.0E7


@dataclass(frozen=True, slots=True)
class Shape:
    """A record in JSON: its type, the SQL of its id (None for an aggregate) and of its members in order."""

    type: str
    id_column: str | None
    members: dict[str, str | Shape] = field(default_factory=dict)


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection the function the SQL below uses."""
    connection.create_function("number_text", 2, number_text, deterministic=True)


def value_sql(one: Field, column: str) -> str:
    """SQL for a field's value as JSON text."""
    if one.is_number:
        return number_sql(column, one.scale)
    if one.type == "boolean":
        return f"CASE WHEN {column} THEN 'true' ELSE 'false' END"
    if one.type == "int":
        return f"ifnull({column}, 'null')"
    if one.type in _UNQUOTED:
        return f"ifnull('\"' || {column} || '\"', 'null')"
    return f"json_quote({column})"


def number_sql(column: str, scale: int) -> str:
    """SQL for a number held in its smallest unit, as JSON text with at least one decimal."""
    unit, size = 10**scale, f"abs({column})"
    rest = f"rtrim(substr('{'0' * scale}' || ({size} % {unit}), -{scale}), '0')" if scale else "'0'"
    decimals = f"CASE WHEN {size} % {unit} = 0 THEN '0' ELSE {rest} END"
    smallest = 10 ** max(0, scale - 3)  # below a thousandth Java writes 9.0E-4
    return (
        f"CASE WHEN {column} IS NULL THEN 'null' "
        f"WHEN {size} < {10 ** (_PLAIN_DIGITS + scale)} AND ({size} >= {smallest} OR {column} = 0) "
        f"THEN CASE WHEN {column} < 0 THEN '-' ELSE '' END || ({size} / {unit}) || '.' || {decimals} "
        f"ELSE number_text({column}, {scale}) END"
    )


def record_sql(shape: Shape, version: str) -> str:
    """SQL for a whole record, its parents inside it; a parent that is not there is null."""
    parts: list[tuple[str, str]] = []  # the text before a value, and the SQL of the value
    before = f'{{"attributes":{{"type":{json.dumps(shape.type)}'
    if shape.id_column:
        parts.append((f'{before},"url":"/services/data/{version}/sobjects/{shape.type}/', shape.id_column))
        before = '"'
    before += "}"
    for name, member in shape.members.items():
        value = _parent_sql(member, version) if isinstance(member, Shape) else member
        parts.append((f"{before},{json.dumps(name)}:", value))
        before = ""
    return _printed(parts, before + "}")


def _parent_sql(shape: Shape, version: str) -> str:
    return f"CASE WHEN {shape.id_column} IS NULL THEN 'null' ELSE {record_sql(shape, version)} END"


def _printed(parts: Sequence[tuple[str, str]], end: str) -> str:
    """Texts and values one after the other: printf copies each once, but takes no more than a hundred values."""
    calls = []
    for start in range(0, len(parts), _PRINTED_AT_ONCE):
        chunk = parts[start : start + _PRINTED_AT_ONCE]
        form = "".join(f"{text.replace('%', '%%')}%s" for text, _value in chunk)
        calls.append(f"printf({_quoted(form)}, {', '.join(value for _text, value in chunk)})")
    return " || ".join([*calls, _quoted(end)])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
