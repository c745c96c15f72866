"""A SOQL query as SQL, with the shape its records take in JSON."""

# ruff: noqa: S608 (names in the SQL come from the schema, values are bound)
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql.conditions import Conditions, Sql
from sandbox.salesforce.soql.jsontext import Shape, record_sql, value_sql
from sandbox.salesforce.soql.scope import Resolved, Scope, World, no_such_column
from sandbox.salesforce.soql.syntax import Call, FieldSet, Order, Path, Place, Query

_MOST_OFFSET = 2_000
_MOST_FIELDS_ALL = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """A translated query. Its rows have the record's id, the record as JSON text, and, in a child query, the parent's
    id. `children` are the queries in its SELECT, by relationship. `counting` is set for SELECT COUNT(), which has no
    records; `limit` for the children of one parent."""

    source: SObject
    rows: Sql
    count: Sql
    counting: bool = False
    children: dict[str, Plan] = field(default_factory=dict)
    limit: int | None = None


def translate(query: Query, world: World) -> Plan:
    """The plan of a query. Raises ApiError INVALID_TYPE, INVALID_FIELD or MALFORMED_QUERY."""
    source = _source(query, world)
    if query.offset is not None and query.offset > _MOST_OFFSET:
        raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MOST_OFFSET}")
    if query.groups or any(isinstance(one, Call) for one in query.selected):
        return _Aggregates(query, world, source).plan()
    return _Records(query, world, source).plan()


def _source(query: Query, world: World) -> SObject:
    source = world.catalogue.find(str(query.source))
    if source is None:
        raise query.source.place.error(
            "INVALID_TYPE",
            f"sObject type '{query.source}' is not supported. If you are attempting to use a custom object, be sure "
            "to append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
        )
    return source


class _Translation:
    """What queries of both kinds share: FROM, WHERE, ORDER BY, LIMIT."""

    def __init__(self, query: Query, world: World, source: SObject) -> None:
        self.query = query
        self.world = world
        self.source = source
        self.scope = Scope(world, query, source)

    def where(self, scope: Scope, *more: Sql) -> Sql:
        parts = [*(Sql(text) for text in scope.live), *more]
        if self.query.where is not None:
            parts.append(Conditions(scope, self._semi_join).sql(self.query.where))
        if not parts:
            return Sql("")
        text = "WHERE " + " AND ".join(part.text for part in parts)
        return Sql(text, tuple(value for part in parts for value in part.values))

    def _semi_join(self, query: Query, prefix: str) -> Sql:
        source = _source(query, self.world)
        scope = Scope(self.world, query, source, prefix=prefix)
        if len(query.selected) != 1 or not isinstance(query.selected[0], Path):
            raise query.place.error("MALFORMED_QUERY", "Only one field can be selected in a semi join sub-select")
        column = scope.resolve(query.selected[0]).column
        where = _Translation(query, self.world, source).where(scope)
        return Sql(f"SELECT {column} {scope.sql} {where.text}", where.values)

    def count(self) -> Sql:
        scope = Scope(self.world, self.query, self.source)
        where = self.where(scope)
        if self.query.limit is None and not self.query.offset:
            return Sql(f"SELECT COUNT(*) {scope.sql} {where.text}", where.values)
        inner = f"SELECT 1 {scope.sql} {where.text} {self.bounds()}"
        return Sql(f"SELECT COUNT(*) FROM ({inner})", where.values)

    def bounds(self) -> str:
        limit = -1 if self.query.limit is None else self.query.limit
        bounded = self.query.limit is not None or self.query.offset
        return f"LIMIT {limit} OFFSET {self.query.offset or 0}" if bounded else ""


class _Records(_Translation):
    """A query for records, with their parents and children."""

    def __init__(self, query: Query, world: World, source: SObject) -> None:
        super().__init__(query, world, source)
        self.id_column = f'{self.scope.root.alias}."Id"'
        self.shape = Shape(source.name, self.id_column)
        self.children: dict[str, Plan] = {}

    def plan(self) -> Plan:
        self._select()
        order = ", ".join(self._order(one) for one in self.query.orders)
        where = self.where(self.scope)
        record = record_sql(self.shape, self.world.version)
        text = (
            f"SELECT {self.id_column}, {record} {self.scope.sql} {where.text} "
            f"{'ORDER BY ' + order if order else ''} {self.bounds()}"
        )
        return Plan(self.source, Sql(text, where.values), self.count(), children=self.children)

    def child_plan(self, key: Field) -> Plan:
        """The rows of many parents at once: the first parameter is the JSON list of their ids."""
        self._select()
        parent = self.scope.root.column(key)
        order = "".join(f", {self._order(one)}" for one in self.query.orders) or f", {self.id_column}"
        where = self.where(self.scope, Sql(f"{parent} IN (SELECT value FROM json_each(?))", ("[]",)))
        record = record_sql(self.shape, self.world.version)
        text = f"SELECT {self.id_column}, {record}, {parent} {self.scope.sql} {where.text} ORDER BY {parent}{order}"
        rows = Sql(text, where.values)
        return Plan(self.source, rows, rows, limit=self.query.limit)

    def _select(self) -> None:
        for one in self.query.selected:
            match one:
                case Path():
                    self._path(one)
                case FieldSet():
                    self._field_set(one)
                case Query():
                    self._child(one)

    def _path(self, path: Path) -> None:
        if len(path.parts) == 1 and path.parts[0].lower() == (self.query.alias or "").lower():
            raise no_such_column(path.parts[0], self.source, path)
        found = self.scope.resolve(path)
        shape = self.shape
        for step in range(len(found.way)):
            shape = self._parent(shape, found.way[: step + 1])
        if found.field.name in shape.members:
            raise path.place.error("MALFORMED_QUERY", f"duplicate field selected: {path}")
        shape.members[found.field.name] = value_sql(found.field, found.column)

    def _parent(self, shape: Shape, way: tuple[str, ...]) -> Shape:
        inner = shape.members.get(way[-1])
        if not isinstance(inner, Shape):
            table = self.scope.parent(way)
            inner = Shape(table.object.name, f'{table.alias}."Id"')
            shape.members[way[-1]] = inner
        return inner

    def _field_set(self, fields: FieldSet) -> None:
        limited = self.query.limit is not None and self.query.limit <= _MOST_FIELDS_ALL
        if fields.name != "standard" and not limited:
            what = "The SOQL FIELDS function must have a LIMIT of at most 200"
            raise fields.place.error("MALFORMED_QUERY", what)
        for one in self.world.catalogue.fields(self.source).values():
            if fields.name == "all" or one.custom == (fields.name == "custom"):
                self._path(Path((one.name,), fields.place))

    def _child(self, query: Query) -> None:
        name = str(query.source)
        children = {known.lower(): (known, *link) for known, link in self.source.children.items()}
        if name.lower() not in children:
            what = (
                f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. Please reference "
                "your WSDL or the describe call for the appropriate names."
            )
            raise query.source.place.error("INVALID_TYPE", what)
        relationship, object_name, key_name = children[name.lower()]
        source = self.world.catalogue.get(object_name)
        key = next(one for one in source.fields if one.name == key_name)
        self.children[relationship] = _Records(query, self.world, source).child_plan(key)

    def _order(self, order: Order) -> str:
        if isinstance(order.by, Call):
            raise order.by.place.error("MALFORMED_QUERY", "aggregate in ORDER BY without GROUP BY")
        found = self.scope.resolve(order.by)
        if not found.field.filterable:
            what = f"field '{found.field.name}' can not be sorted in a query call"
            raise order.by.place.error("INVALID_FIELD", what)
        return _sorted_by(found, order)


def _sorted_by(found: Resolved, order: Order) -> str:
    column = f"{found.column} COLLATE NOCASE" if found.field.is_text else found.column
    nulls = f" NULLS {'LAST' if order.nulls_last else 'FIRST'}" if found.field.nillable or found.way else ""
    return f"{column}{' DESC' if order.descending else ''}{nulls}"


class _Aggregates(_Translation):
    """COUNT(), and queries with GROUP BY or aggregates."""

    def plan(self) -> Plan:
        first = self.query.selected[0]
        if isinstance(first, Call) and first.argument is None and first.function == "count":
            return self._count_only(first)
        shape = self._select()
        groups = ", ".join(self.scope.resolve(path).column for path in self.query.groups)
        where = self.where(self.scope)
        having = self._having()
        order = ", ".join(self._order(one) for one in self.query.orders)
        text = (
            f"SELECT NULL, {record_sql(shape, self.world.version)} {self.scope.sql} {where.text} "
            f"{'GROUP BY ' + groups if groups else ''} {having.text} {'ORDER BY ' + order if order else ''} "
            f"{self.bounds()}"
        )
        rows = Sql(text, (*where.values, *having.values))
        return Plan(self.source, rows, Sql(f"SELECT COUNT(*) FROM ({text})", rows.values))

    def _count_only(self, call: Call) -> Plan:
        if len(self.query.selected) > 1 or self.query.groups:
            raise call.place.error("MALFORMED_QUERY", "COUNT() must be the only element in the SELECT list")
        return Plan(self.source, Sql("SELECT 1 WHERE 0"), self.count(), counting=True)

    def _having(self) -> Sql:
        if self.query.having is None:
            return Sql("")
        sql = Conditions(self.scope, self._semi_join, self._call).sql(self.query.having)
        return Sql(f"HAVING {sql.text}", sql.values)

    def _select(self) -> Shape:
        shape = Shape("AggregateResult", None)
        grouped = {self.scope.resolve(path).column for path in self.query.groups}
        unnamed = 0
        for one in self.query.selected:
            if isinstance(one, Call):
                shape.members[one.alias or f"expr{unnamed}"] = self._call_json(one)
                unnamed += one.alias is None
            else:
                found = self._grouped(one, grouped)
                shape.members[found.field.name] = value_sql(found.field, found.column)
        return shape

    def _grouped(self, one: Any, grouped: set[str]) -> Resolved:
        place: Place = one.place
        if not isinstance(one, Path):
            raise place.error("MALFORMED_QUERY", "sub-queries cannot stand beside aggregates")
        found = self.scope.resolve(one)
        if found.column not in grouped:
            raise place.error("MALFORMED_QUERY", f"Field must be grouped or aggregated: {found.field.name}")
        return found

    def _call(self, call: Call) -> str:
        if call.argument is None:
            return "COUNT(*)"
        column = self.scope.resolve(call.argument).column
        if call.function == "count_distinct":
            return f"COUNT(DISTINCT {column})"
        return f"{call.function.upper()}({column})"

    def _call_json(self, call: Call) -> str:
        sql = self._call(call)
        if call.function.startswith("count") or call.argument is None:
            return sql
        one = self.scope.resolve(call.argument).field
        if call.function in ("sum", "avg") and not (one.is_number or one.type == "int"):
            raise call.place.error("MALFORMED_QUERY", f"field {one.name} does not support aggregate operator SUM")
        return f"ifnull({sql} / {float(10**one.scale)}, 'null')" if call.function == "avg" else value_sql(one, sql)

    def _order(self, order: Order) -> str:
        if isinstance(order.by, Call):
            return f"{self._call(order.by)}{' DESC' if order.descending else ''}"
        return _sorted_by(self.scope.resolve(order.by), order)
