"""WHERE in SQL, every literal a bound parameter.

Text compares without regard to case; `!=` and NOT IN let records without a value through, as Salesforce does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.ids import normal_id
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql.relative import Span, span
from sandbox.salesforce.soql.scope import Resolved, Scope
from sandbox.salesforce.soql.syntax import (
    Call,
    Comparison,
    Condition,
    Every,
    Literal,
    Membership,
    Negation,
    Path,
    Query,
    Relative,
    Some,
)
from sandbox.salesforce.values import moment_text

Bound = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values of its parameters, in order."""

    text: str
    values: tuple[Bound, ...] = ()


SubQuery = Callable[[Query, str], Sql]
"""Translates the query of a semi-join, given a prefix for its aliases."""
Aggregate = Callable[[Call], str]
"""The SQL of an aggregate in HAVING."""


class Conditions:
    """Translates conditions within a scope."""

    def __init__(self, scope: Scope, sub_query: SubQuery, aggregate: Aggregate | None = None) -> None:
        self._scope = scope
        self._sub_query = sub_query
        self._aggregate = aggregate

    def sql(self, condition: Condition) -> Sql:
        """The condition in SQL. Raises ApiError for fields that are not there and values of another type."""
        match condition:
            case Every(parts):
                return _joined(" AND ", [self.sql(part) for part in parts])
            case Some(parts):
                return self._some(condition, _joined(" OR ", [self.sql(part) for part in parts]))
            case Negation(part):
                inner = self.sql(part)
                return Sql(f"NOT ifnull({inner.text}, 0)", inner.values)
            case Comparison(left, operator, right):
                return self._comparison(left, operator, right)
            case Membership(left, choices, negated):
                return self._membership(left, choices, negated=negated)

    def _some(self, condition: Some, either: Sql) -> Sql:
        """An OR whose every branch has a lower bound on one column is read along that column's index.

        (`stamp > x OR (stamp = x AND Id > y)`, the keyset of every careful client.)
        """
        for column, least in self._least(condition).items():
            return Sql(f"({column} >= ? AND +{either.text})", (least, *either.values))
        return either

    def _least(self, condition: Condition) -> dict[str, str]:
        match condition:
            case Comparison(Path() as left, ">" | ">=" | "=", Literal(datetime() as moment)):
                found = self._scope.resolve(left)
                return {found.column: moment_text(moment)} if found.field.type == "datetime" else {}
            case Every(parts):
                return {column: least for part in parts for column, least in self._least(part).items()}
            case Some(parts):
                branches = [self._least(part) for part in parts]
                common = set.intersection(*(set(branch) for branch in branches))
                return {column: min(branch[column] for branch in branches) for column in sorted(common)}
        return {}

    def _comparison(self, left: Path | Call, operator: str, right: Literal) -> Sql:
        if isinstance(left, Call):
            return self._having(left, operator, right)
        found = self._scope.resolve(left)
        check_filterable(found, left)
        if right.value is None:
            return _null(found, operator, right)
        if operator == "LIKE":
            return _like(found, left, right)
        if isinstance(right.value, Relative):
            return self._relative(found, left, operator, right)
        return _compared(found, operator, bound(found.field, right))

    def _having(self, call: Call, operator: str, right: Literal) -> Sql:
        if self._aggregate is None:
            raise call.place.error("MALFORMED_QUERY", f"unexpected token: '{call.function}'")
        if not isinstance(right.value, Decimal):
            raise right.place.error("MALFORMED_QUERY", "unexpected token")
        return Sql(f"{self._aggregate(call)} {operator} ?", (float(right.value),))

    def _relative(self, found: Resolved, left: Path, operator: str, right: Literal) -> Sql:
        assert isinstance(right.value, Relative)
        days = span(right.value, self._scope.world.today)
        if days is None:
            raise right.place.error("MALFORMED_QUERY", f"unexpected token: '{right.value.name}'")
        if found.field.type not in ("date", "datetime"):
            raise _wrong_type(found.field, left)
        start, end = _edges(days, found.field)
        return _within(found.column, operator, start, end)

    def _membership(self, left: Path, choices: tuple[Literal, ...] | Query, *, negated: bool) -> Sql:
        found = self._scope.resolve(left)
        check_filterable(found, left)
        if isinstance(choices, Query):
            inner = self._sub_query(choices, f"{self._scope.prefix}s")
            listed, with_null = inner, False
        else:
            values = [bound(found.field, choice) for choice in choices if choice.value is not None]
            with_null = any(choice.value is None for choice in choices)
            listed = Sql("SELECT value FROM json_each(?)", (json.dumps(values),))
        return _listed(found, listed, with_null=with_null, negated=negated)


def _joined(word: str, parts: list[Sql]) -> Sql:
    text = word.join(part.text for part in parts)
    return Sql(f"({text})", tuple(value for part in parts for value in part.values))


def _comparable(found: Resolved) -> str:
    return f"{found.column} COLLATE NOCASE" if found.field.is_text else found.column


def _null(found: Resolved, operator: str, right: Literal) -> Sql:
    if operator not in ("=", "!="):
        raise right.place.error("INVALID_QUERY_FILTER_OPERATOR", f"{found.field.name} operator {operator} on null")
    return Sql(f"{found.column} IS {'NOT ' if operator == '!=' else ''}NULL")


def _compared(found: Resolved, operator: str, value: Bound) -> Sql:
    if operator == "!=":
        return Sql(f"{_comparable(found)} IS NOT ?", (value,))
    return Sql(f"{_comparable(found)} {operator} ?", (value,))


def _like(found: Resolved, left: Path, right: Literal) -> Sql:
    if not found.field.is_text:
        what = f"invalid operator on {found.field.type} field"
        raise left.place.error("INVALID_QUERY_FILTER_OPERATOR", what)
    if not isinstance(right.value, str):
        raise _wrong_type(found.field, left)
    return Sql(f"{found.column} LIKE ? ESCAPE '\\'", (right.value,))


def _edges(days: Span, field: Field) -> tuple[str, str]:
    if field.type == "date":
        return days[0].isoformat(), days[1].isoformat()
    first, after = (moment_text(datetime.combine(day, time(), UTC)) for day in days)
    return first, after


def _within(column: str, operator: str, start: str, end: str) -> Sql:
    match operator:
        case "=":
            return Sql(f"({column} >= ? AND {column} < ?)", (start, end))
        case "!=":
            return Sql(f"({column} < ? OR {column} >= ? OR {column} IS NULL)", (start, end))
        case "<" | ">=":
            return Sql(f"{column} {operator} ?", (start,))
    return Sql(f"{column} {'>=' if operator == '>' else '<'} ?", (end,))


def _listed(found: Resolved, listed: Sql, *, with_null: bool, negated: bool) -> Sql:
    column = _comparable(found)
    if negated:
        rest = f"{found.column} IS NOT NULL AND" if with_null else f"{found.column} IS NULL OR"
        return Sql(f"({rest} {column} NOT IN ({listed.text}))", listed.values)
    rest = f"{found.column} IS NULL OR " if with_null else ""
    return Sql(f"({rest}{column} IN ({listed.text}))", listed.values)


def check_filterable(found: Resolved, path: Path) -> None:
    """Raises ApiError INVALID_FIELD for fields that cannot stand in WHERE."""
    if not found.field.filterable:
        raise path.place.error("INVALID_FIELD", f"field '{found.field.name}' can not be filtered in a query call")


def bound(field: Field, literal: Literal) -> Bound:
    """The literal as the database holds the field. Raises ApiError where it is of another type."""
    value = literal.value
    if field.type in ("id", "reference"):
        return _bound_id(field, literal)
    if field.is_text and isinstance(value, str):
        return value.replace("\\%", "%").replace("\\_", "_")
    if (field.is_number or field.type == "int") and isinstance(value, Decimal):
        scaled = value.scaleb(field.scale)
        return int(scaled) if scaled == scaled.to_integral_value() else float(scaled)
    if field.type == "boolean" and isinstance(value, bool):
        return int(value)
    if field.type == "datetime" and isinstance(value, datetime):
        return moment_text(value)
    if field.type == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise _wrong_type(field, literal)


def _bound_id(field: Field, literal: Literal) -> str:
    if not isinstance(literal.value, str):
        raise _wrong_type(field, literal)
    record_id = normal_id(literal.value) if literal.value else ""
    if record_id is None:
        raise literal.place.error("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")
    return record_id


def _wrong_type(field: Field, at: Path | Literal) -> ApiError:
    kind = {"datetime": "dateTime", "reference": "reference"}.get(field.type, field.type)
    quotes = "should be enclosed in quotes" if field.is_text else "should not be enclosed in quotes"
    what = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes}"
    return at.place.error("INVALID_FIELD", what)
