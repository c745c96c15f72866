"""A mapping file: read, with every mistake in it named at once, by line.

`feeds` and `from` of a section default to the section's name and are checked against what the model knows; the
fields against what that kind of record has; the expressions against the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from connectors.base import FieldKind
from mappings.expressions import Expression, ExpressionError, parse
from mappings.sections import CrmMapping, FieldMapping, Mode, ObjectMapping, WriteField, WriteMapping
from mappings.target import Target
from problems import Problem, did_you_mean
from problems.toml import Document, TomlError, problems_from, read_toml

_Kind = Literal["text", "money", "number", "share", "date", "datetime", "boolean", "currency", "email"]
_OURS = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_CRM = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FieldEntry(_Strict):
    value: str
    type: _Kind | None = None
    optional: bool = False


def _as_table(given: Any) -> Any:
    return {"value": given} if isinstance(given, str) else given


def _our_name(given: str) -> str:
    if not _OURS.fullmatch(given):
        raise ValueError("names here have small letters, digits and _ only")
    return given


def _crm_name(given: str) -> str:
    if not _CRM.fullmatch(given):
        raise ValueError("this is no name that a CRM gives: letters, digits and _, such as Amount or ARR__c")
    return given


_FieldName = Annotated[str, AfterValidator(_our_name)]
_CrmName = Annotated[str, AfterValidator(_crm_name)]


class _ObjectEntry(_Strict):
    feeds: str | None = None
    object_name: _CrmName = Field(alias="from")
    optional: bool = False
    fields: dict[_FieldName, Annotated[_FieldEntry, BeforeValidator(_as_table)]] = Field(min_length=1)


class _WriteEntry(_Strict):
    value: str
    type: FieldKind
    label: str
    mode: Mode = "overwrite"
    pay: bool = False
    precision: int = Field(default=18, ge=1, le=18)
    scale: int = Field(default=2, ge=0, le=10)
    length: int = Field(default=255, ge=1, le=65_536)
    description: str = ""


class _WriteSection(_Strict):
    to: _CrmName
    fields: dict[_CrmName, _WriteEntry] = Field(min_length=1)


class _File(_Strict):
    connector: str
    objects: dict[_FieldName, _ObjectEntry] = Field(min_length=1)
    write: dict[str, _WriteSection] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A mapping, or None where anything in the file is wrong; and what is."""

    mapping: CrmMapping | None
    problems: tuple[Problem, ...]


def load_mapping(
    path: Path,
    targets: Mapping[str, Target],
    results: Mapping[str, Sequence[str]],
    *,
    pay_results: Collection[str] = (),
) -> Loaded:
    """Read the file at `path`. `targets` are the kinds of record a section can feed, `results` the columns that the
    expressions of each write section may use; one that uses any of `pay_results` has to be marked `pay = true`.

    Never raises for what the file says: all mistakes come back as problems, with file and line.
    """
    try:
        document = read_toml(path)
        entries = _File.model_validate(document.data)
    except TomlError as error:
        return Loaded(None, (error.problem,))
    except ValidationError as error:
        return Loaded(None, tuple(problems_from(error, document, _File)))
    reader = _FileReader(document, targets, results, frozenset(pay_results))
    mapping = reader.mapping(entries, path.name)
    return Loaded(None if reader.problems else mapping, tuple(reader.problems))


@dataclass(slots=True)
class _FileReader:
    """Turns what the file says into sections, and notes down what it cannot."""

    document: Document
    targets: Mapping[str, Target]
    results: Mapping[str, Sequence[str]]
    pay_results: frozenset[str]
    problems: list[Problem] = field(default_factory=list)

    def mapping(self, entries: _File, name: str) -> CrmMapping:
        objects = [self._object(key, entry) for key, entry in entries.objects.items()]
        written = {key: self._write(key, entry) for key, entry in entries.write.items()}
        writes = {key: section for key, section in written.items() if section}
        self._written_once(writes)
        return CrmMapping(entries.connector, tuple(filter(None, objects)), writes, name)

    def _problem(self, path: Sequence[str | int], message: str, hint: str) -> None:
        self.problems.append(Problem(self.document.where(path), ".".join(map(str, path)), message, hint))

    # what is read

    def _object(self, name: str, entry: _ObjectEntry) -> ObjectMapping | None:
        path = ("objects", name)
        feeds = entry.feeds or name
        target = self.targets.get(feeds)
        if target is None:
            key = "feeds" if entry.feeds else "name"
            otherwise = f"Write feeds = one of {', '.join(self.targets)}."
            self._problem(path, f"there is no {feeds!r} to feed ({key}).", did_you_mean(feeds, self.targets, otherwise))
            return None
        self._required_are_mapped(path, target, entry.fields)
        fields = [self._field(path, target, key, value) for key, value in entry.fields.items()]
        return ObjectMapping(
            name, feeds, entry.object_name, tuple(filter(None, fields)), entry.optional, self.document.where(path)
        )

    def _required_are_mapped(self, path: tuple[str, ...], target: Target, fields: Collection[str]) -> None:
        for wanted in target.fields:
            if wanted.required and wanted.name not in fields:
                self._problem(
                    (*path, "fields"), f"a {target.name} needs {wanted.name!r}.", f"Add {wanted.name} = ... here."
                )
        if target.one_of and not {*target.one_of} & {*fields}:
            hint = f"Add {target.one_of[0]} = ... here."
            self._problem((*path, "fields"), f"a {target.name} needs {' or '.join(target.one_of)}.", hint)

    def _field(self, path: tuple[str, ...], target: Target, name: str, entry: _FieldEntry) -> FieldMapping | None:
        here = (*path, "fields", name)
        known = target.field(name)
        if known is None and not self._may_be_own(here, target, name, entry):
            return None
        if known is not None and entry.type is not None and entry.type != known.kind:
            self._problem(here, f"{name} is of type {known.kind}, not {entry.type}.", "Leave the type out.")
        value = self._expression(here, entry.value)
        kind = entry.type if known is None else known.kind
        if value is None or kind is None:
            return None
        where = self.document.where(here)
        return FieldMapping(name, value, kind, own=known is None, optional=entry.optional, where=where)

    def _may_be_own(self, here: tuple[str, ...], target: Target, name: str, entry: _FieldEntry) -> bool:
        names = [field.name for field in target.fields]
        if target.extendable and entry.type is not None:
            return True
        otherwise = f"There is {', '.join(names)}."
        if target.extendable:
            otherwise = f'For a field of your own write {name} = {{ value = "...", type = "text" }}.'
        self._problem(here, f"a {target.name} has no field {name!r}.", did_you_mean(name, names, otherwise))
        return False

    def _expression(self, here: tuple[str, ...], text: str) -> Expression | None:
        try:
            return parse(text)
        except ExpressionError as error:
            self._problem(here, error.message, error.hint)
            return None

    # what is written

    def _write(self, name: str, entry: _WriteSection) -> WriteMapping | None:
        path = ("write", name)
        if name not in self.results:
            otherwise = f"There is {', '.join(self.results)}."
            self._problem(path, f"there are no results {name!r}.", did_you_mean(name, self.results, otherwise))
            return None
        columns = self.results[name]
        fields = [self._written(path, columns, key, value) for key, value in entry.fields.items()]
        return WriteMapping(name, entry.to, tuple(filter(None, fields)), self.document.where(path))

    def _written(
        self, path: tuple[str, ...], columns: Sequence[str], name: str, entry: _WriteEntry
    ) -> WriteField | None:
        here = (*path, "fields", name)
        value = self._expression(here, entry.value)
        if value is None:
            return None
        for unknown in (used for used in value.fields if used not in columns):
            otherwise = f"There is {', '.join(columns)}."
            self._problem(here, f"there is no result {unknown!r}.", did_you_mean(unknown, columns, otherwise))
        if not entry.pay and self.pay_results.intersection(value.fields):
            self._problem(here, f"{entry.value!r} shows what somebody earns.", "Add pay = true to this field.")
        settings = entry.model_dump(exclude={"value", "type"})
        return WriteField(name=name, value=value, kind=entry.type, where=self.document.where(here), **settings)

    def _written_once(self, writes: Mapping[str, WriteMapping]) -> None:
        seen: dict[tuple[str, str], str] = {}
        for name, object_name, results in _places(writes):
            if (object_name, name.lower()) in seen:
                other = seen[object_name, name.lower()]
                here = ("write", results, "fields", name)
                self._problem(here, f"{object_name}.{name} is written by {other} as well.", "Leave one of them out.")
            seen[object_name, name.lower()] = results


def _places(writes: Mapping[str, WriteMapping]) -> Iterator[tuple[str, str, str]]:
    for results, section in writes.items():
        for written in section.fields:
            yield written.name, section.object_name, results
