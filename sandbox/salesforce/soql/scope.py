"""The tables a query reads: its object, and the parents that its paths go through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql.syntax import Path, Query


@dataclass(frozen=True, slots=True)
class World:
    """What a translation is made against: what the user sees, the date, the API version that goes into addresses
    (v66.0), and whether the recycle bin is searched."""

    catalogue: Catalogue
    today: date
    version: str
    with_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the query under its alias."""

    alias: str
    object: SObject

    def column(self, field: Field) -> str:
        """The column in SQL."""
        return f'{self.alias}."{field.name}"'


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a path means: the table, the field, and the names of the relationships that lead there."""

    table: Table
    field: Field
    way: tuple[str, ...]

    @property
    def column(self) -> str:
        """The column in SQL."""
        return self.table.column(self.field)


class Scope:
    """Resolves the paths of one query and gathers the joins they need."""

    def __init__(self, world: World, query: Query, source: SObject, *, prefix: str = "t") -> None:
        self.world = world
        self.root = Table(f"{prefix}0", source)
        self.prefix = prefix
        self._own_names = {source.name.lower(), query.source.parts[-1].lower(), (query.alias or "").lower()}
        self._parents: dict[tuple[str, ...], tuple[Table, str]] = {}

    def resolve(self, path: Path) -> Resolved:
        """The field a path means. Raises ApiError INVALID_FIELD."""
        parts = path.parts
        if len(parts) > 1 and parts[0].lower() in self._own_names:
            parts = parts[1:]
        table, way = self._walk(parts[:-1], path)
        field = self.world.catalogue.field(table.object, parts[-1])
        if field is None:
            raise no_such_column(parts[-1], table.object, path)
        return Resolved(table, field, way)

    def _walk(self, steps: Sequence[str], path: Path) -> tuple[Table, tuple[str, ...]]:
        table = self.root
        way: tuple[str, ...] = ()
        for step in steps:
            table, way = self._parent(table, way, step, path)
        return table, way

    def _parent(self, table: Table, way: tuple[str, ...], step: str, path: Path) -> tuple[Table, tuple[str, ...]]:
        field = self._lookup(table.object, step)
        target = self.world.catalogue.find(field.reference_to[0]) if field else None
        if field is None or target is None:
            raise _no_such_relationship(step, path)
        further = (*way, field.relationship or "")
        if further not in self._parents:
            joined = Table(f"{self.prefix}{len(self._parents) + 1}", target)
            on = f'LEFT JOIN "{target.name}" {joined.alias} ON {joined.alias}."Id" = {table.column(field)}'
            self._parents[further] = (joined, on)
        return self._parents[further][0], further

    def _lookup(self, source: SObject, step: str) -> Field | None:
        seen = self.world.catalogue.fields(source).values()
        return next((one for one in seen if (one.relationship or "").lower() == step.lower()), None)

    def parent(self, way: tuple[str, ...]) -> Table:
        """The table of a parent that some path went through."""
        return self._parents[way][0]

    @property
    def sql(self) -> str:
        """FROM and the joins needed so far."""
        joins = " ".join(on for _table, on in self._parents.values())
        return f'FROM "{self.root.object.name}" {self.root.alias} {joins}'

    @property
    def live(self) -> list[str]:
        """Conditions that leave out the recycle bin and archived activities, unless the query wants them."""
        if self.world.with_deleted:
            return []
        names = {field.name for field in self.root.object.fields}
        return [f'{self.root.alias}."{name}" = 0' for name in ("IsDeleted", "IsArchived") if name in names]


def no_such_column(name: str, source: SObject, path: Path) -> ApiError:
    """The user sees no field of that name."""
    return path.place.error(
        "INVALID_FIELD",
        f"No such column '{name}' on entity '{source.name}'. If you are attempting to use a custom field, be sure to "
        "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
        "appropriate names.",
    )


def _no_such_relationship(step: str, path: Path) -> ApiError:
    return path.place.error(
        "INVALID_FIELD",
        f"Didn't understand relationship '{step}' in field path. If you are attempting to use a custom relationship, "
        "be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe "
        "call for the appropriate names.",
    )
