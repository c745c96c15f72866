"""The search: filter groups as OR of ANDs, one sort, 200 a page, 10,000 in all, and an index that lags behind.

Records with equal sort values come in descending order of their ids: HubSpot promises no order among them, and a
client that counts on one loses records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.account import Account
from sandbox.hubspot.catalogue import Property
from sandbox.hubspot.errors import ApiError, invalid, invalid_body
from sandbox.hubspot.moments import iso, read_date, read_datetime
from sandbox.hubspot.types import ObjectType

LARGEST_PAGE, WINDOW, LONGEST_BODY = 200, 10_000, 3_000
_GROUPS, _FILTERS, _ALL_FILTERS = 5, 6, 18
_DEFAULT_PAGE = 10
_COMPARISONS = {"EQ": "=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_LOWER, _UPPER = {"EQ", "GT", "GTE", "BETWEEN"}, {"EQ", "LT", "LTE", "BETWEEN"}


@dataclass(frozen=True, slots=True)
class Query:
    """A search as SQL: condition and parameters, order, and the span of rows."""

    condition: str
    parameters: tuple[Any, ...]
    order: str
    offset: int
    limit: int
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Operand:
    """A property inside SQL: its expression, the parameters that takes, and how filter values are read."""

    sql: str
    parameters: tuple[Any, ...]
    read: Callable[[Any], Any]


def read_query(account: Account, kind: ObjectType, body: Mapping[str, Any]) -> Query:
    """The search a body asks for. Raises ApiError for what HubSpot refuses."""
    limit = _whole(body.get("limit", _DEFAULT_PAGE), "limit")
    offset = _whole(body.get("after") or 0, "after")
    if not 0 <= limit <= LARGEST_PAGE:
        raise invalid(f"Limit {limit} is greater than the maximum of {LARGEST_PAGE}")
    if offset + limit > WINDOW:
        raise invalid(f"There was a problem with the request: paging beyond {WINDOW} results is not supported")
    groups = [] if body.get("filterGroups") is None else body["filterGroups"]
    _check_size(groups)
    parts, parameters = ["type = ?", "archived IS NULL"], [kind.name]
    for condition, more in (
        _visible(account),
        _bounds(kind, groups),
        _filter_groups(account, kind, groups),
        _text(kind, body.get("query")),
    ):
        parts += [condition] if condition else []
        parameters += more
    order, order_parameters = _order(account, kind, body.get("sorts") or [])
    if order_parameters:
        order = order.replace("?", f"'{order_parameters[0]}'")
    names = tuple(str(name) for name in body.get("properties") or [])
    return Query(" AND ".join(parts), tuple(parameters), order, offset, limit, names)


def _whole(value: Any, name: str) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise invalid_body(f"{name} must be a number, not {value}") from error


def _visible(account: Account) -> tuple[str, list[Any]]:
    """What the index has seen by now."""
    if not account.index_lag:
        return "", []
    return "modified <= ?", [account.now() - int(account.index_lag * 1000)]


def _filter_groups(account: Account, kind: ObjectType, groups: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    for group in groups:
        pairs = [_filter(account, kind, each) for each in group.get("filters") or []]
        conditions.append(" AND ".join(sql for sql, _ in pairs) or "1")
        parameters += [value for _, values in pairs for value in values]
    return (f"({' OR '.join(f'({each})' for each in conditions)})" if conditions else ""), parameters


def _check_size(groups: Any) -> None:
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise invalid_body("filterGroups must be a list of objects")
    sizes = [len(group.get("filters") or []) for group in groups]
    if len(sizes) > _GROUPS or max(sizes, default=0) > _FILTERS or sum(sizes) > _ALL_FILTERS:
        raise invalid(
            f"Too many filters: at most {_GROUPS} filterGroups with at most {_FILTERS} filters each and "
            f"{_ALL_FILTERS} filters in total"
        )


def _filter(account: Account, kind: ObjectType, each: Mapping[str, Any]) -> tuple[str, list[Any]]:
    operand = _operand(account, kind, str(each.get("propertyName")))
    operator = str(each.get("operator"))
    build = _OPERATORS.get(operator)
    if build is None:
        raise invalid_body(f"{operator} is not an operator")
    try:
        return build(operand, operator, each)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        message = f"There was a problem with the request: {operator} on {each.get('propertyName')} needs a good value"
        raise invalid(message) from error


def _operand(account: Account, kind: ObjectType, name: str) -> _Operand:
    prop = account.catalogue.find(kind, name)
    if prop is None:
        message = f"There was a problem with the request: property {name} does not exist on {kind.type_id}"
        raise invalid(message, errors=[{"message": f"Property {name} does not exist", "code": "PROPERTY_NOT_FOUND"}])
    if name == "hs_object_id":
        return _Operand("id", (), lambda value: int(str(value)))
    if name == kind.modified:
        return _Operand("+modified", (), lambda value: read_datetime(str(value)))
    if name == "hs_createdate":
        return _Operand("created", (), lambda value: read_datetime(str(value)))
    return _stored_operand(prop)


def _stored_operand(prop: Property) -> _Operand:
    path = f'$."{prop.name}"'
    if prop.type == "number":
        return _Operand("CAST(json_extract(properties, ?) AS REAL)", (path,), lambda value: float(str(value)))
    sql = "json_extract(properties, ?)"
    if prop.type == "datetime":
        return _Operand(sql, (path,), lambda value: iso(read_datetime(str(value))))
    if prop.type == "date":
        return _Operand(sql, (path,), lambda value: read_date(str(value)))
    if prop.type == "string":
        return _Operand("lower(json_extract(properties, ?))", (path,), lambda value: str(value).lower())
    return _Operand(sql, (path,), str)


def _compare(operand: _Operand, operator: str, each: Mapping[str, Any]) -> tuple[str, list[Any]]:
    return f"{operand.sql} {_COMPARISONS[operator]} ?", [*operand.parameters, operand.read(each["value"])]


def _differ(operand: _Operand, _operator: str, each: Mapping[str, Any]) -> tuple[str, list[Any]]:
    return f"{operand.sql} IS NOT ?", [*operand.parameters, operand.read(each["value"])]


def _between(operand: _Operand, _operator: str, each: Mapping[str, Any]) -> tuple[str, list[Any]]:
    low, high = operand.read(each["value"]), operand.read(each["highValue"])
    return f"{operand.sql} BETWEEN ? AND ?", [*operand.parameters, low, high]


def _one_of(operand: _Operand, operator: str, each: Mapping[str, Any]) -> tuple[str, list[Any]]:
    values = [operand.read(value) for value in each["values"]]
    marks = ", ".join("?" * len(values))
    if operator == "IN":
        return f"{operand.sql} IN ({marks})", [*operand.parameters, *values]
    return f"coalesce({operand.sql} NOT IN ({marks}), 1)", [*operand.parameters, *values]


def _known(operand: _Operand, operator: str, _each: Mapping[str, Any]) -> tuple[str, list[Any]]:
    state = "IS NOT NULL" if operator == "HAS_PROPERTY" else "IS NULL"
    return f"{operand.sql} {state}", [*operand.parameters]


def _contains(operand: _Operand, operator: str, each: Mapping[str, Any]) -> tuple[str, list[Any]]:
    sql = f"coalesce({operand.sql} LIKE ? ESCAPE '\\', 0)"
    return sql if operator == "CONTAINS_TOKEN" else f"NOT {sql}", [*operand.parameters, _pattern(str(each["value"]))]


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
    return f"%{escaped.lower()}%"


_OPERATORS: Mapping[str, Callable[[_Operand, str, Mapping[str, Any]], tuple[str, list[Any]]]] = {
    **dict.fromkeys(_COMPARISONS, _compare),
    "NEQ": _differ,
    "BETWEEN": _between,
    "IN": _one_of,
    "NOT_IN": _one_of,
    "HAS_PROPERTY": _known,
    "NOT_HAS_PROPERTY": _known,
    "CONTAINS_TOKEN": _contains,
    "NOT_CONTAINS_TOKEN": _contains,
}


def _bounds(kind: ObjectType, groups: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
    """The span of modification stamps all groups lie in: what the index can be entered with."""
    spans = [_span(kind, group.get("filters") or []) for group in groups]
    conditions, parameters = [], []
    lows, highs = [low for low, _ in spans], [high for _, high in spans]
    if spans and None not in lows:
        conditions.append("modified >= ?")
        parameters.append(min(low for low in lows if low is not None))
    if spans and None not in highs:
        conditions.append("modified <= ?")
        parameters.append(max(high for high in highs if high is not None))
    return " AND ".join(conditions), parameters


def _span(kind: ObjectType, filters: Sequence[Mapping[str, Any]]) -> tuple[int | None, int | None]:
    lows, highs = [], []
    for each in filters:
        if each.get("propertyName") != kind.modified:
            continue
        try:
            value = read_datetime(str(each.get("value")))
            high = read_datetime(str(each.get("highValue", each.get("value"))))
        except (ValueError, OverflowError):
            continue  # refused where the filter itself is read
        lows += [value] if each.get("operator") in _LOWER else []
        highs += [high] if each.get("operator") in _UPPER else []
    return max(lows, default=None), min(highs, default=None)


def _text(kind: ObjectType, query: Any) -> tuple[str, list[Any]]:
    if not query:
        return "", []
    match = "lower(json_extract(properties, ?)) LIKE ? ESCAPE '\\'"
    pattern = _pattern(str(query))
    parameters = [value for name in kind.searched for value in (f'$."{name}"', pattern)]
    return f"({' OR '.join([match] * len(kind.searched))})", parameters


def _order(account: Account, kind: ObjectType, sorts: Any) -> tuple[str, list[str]]:
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise invalid_body("sorts must be a list of at most one sort")
    if not sorts:
        return "id", []
    name, descending = _sort(sorts[0])
    way = "DESC" if descending else "ASC"
    if name == "hs_object_id":
        return f"id {way}", []
    if name == kind.modified:
        return f"modified {way}, id {'ASC' if descending else 'DESC'}", []
    operand = _operand(account, kind, name)
    return f"{operand.sql} {way}, id DESC", [str(value) for value in operand.parameters]


def _sort(sort: Any) -> tuple[str, bool]:
    if isinstance(sort, str):
        return sort.removeprefix("-"), sort.startswith("-")
    if not isinstance(sort, dict) or "propertyName" not in sort:
        raise invalid_body("a sort has a propertyName")
    direction = sort.get("direction", "ASCENDING")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise invalid_body(f"direction must be ASCENDING or DESCENDING, not {direction}")
    return str(sort["propertyName"]), direction == "DESCENDING"


def too_long(length: int) -> ApiError:
    """400 for a body beyond LONGEST_BODY."""
    return invalid(f"The request body is too long: {length} characters, at most {LONGEST_BODY}")
