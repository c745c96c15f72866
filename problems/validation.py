"""Pydantic's errors as problems: each at its line, in plain words, with the next step.

The value that was given is never repeated: it may be a secret in the wrong place.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from problems import Problem, did_you_mean

Path = tuple[str | int, ...]

MISSING = "this is missing."
"""What is said of a key that has to be there and is not."""


class Places(Protocol):
    """Values that were read, and where each was read from."""

    @property
    def data(self) -> Mapping[str, Any]: ...

    def line_of(self, path: Sequence[str | int]) -> int | None: ...

    def where(self, path: Sequence[str | int]) -> str: ...


def problems_from(error: ValidationError, document: Places, model: type[BaseModel]) -> list[Problem]:
    """Every error of validating `document.data` against `model`, in the order of the lines they stand on.

    An unknown key names the nearest one that `model` has at that place.
    """
    found = [(_located(document.data, details, model), details) for details in error.errors(include_url=False)]
    by_path: dict[Path, list[ErrorDetails]] = {}
    for path, details in _told(found):
        by_path.setdefault(path, []).append(details)
    paths = sorted(by_path, key=lambda path: document.line_of(path) or 0)
    return [_problem(path, by_path[path], document, model) for path in paths]


def _located(data: Any, details: ErrorDetails, model: type[BaseModel]) -> Path:
    """Where the error is, without what Pydantic puts between: names of union members, tags, validators."""
    path: Path = ()
    for step in details["loc"]:
        if _holds(data, step):
            data = data[step]
            path = (*path, step)
    last = _named_last(details)
    by_tag, absent = details["type"] == "union_tag_invalid", details["type"] == "missing"
    if by_tag or absent or (not _holds(data, last) and last in known_keys(model, path)):
        return (*path, last)
    return path


def _named_last(details: ErrorDetails) -> str | int:
    """The key the error is about: of a wrong tag, the key that holds it."""
    if details["type"] == "union_tag_invalid":
        return str(details["ctx"]["discriminator"]).strip("'")
    return details["loc"][-1] if details["loc"] else ""


def _holds(data: Any, step: str | int) -> bool:
    if isinstance(data, Mapping):
        return step in data
    return isinstance(data, list | tuple) and isinstance(step, int) and step < len(data)


def _told(found: list[tuple[Path, ErrorDetails]]) -> Iterable[tuple[Path, ErrorDetails]]:
    """Without "should be a string" for a table that was meant as one and has an error inside (unions say both), and
    without "should have an item" for a list whose items are wrong (they are left out before it is counted)."""
    for path, details in found:
        inside = any(len(other) > len(path) and other[: len(path)] == path for other, _ in found)
        if not (inside and details["type"].endswith(("_type", "too_short"))):
            yield path, details


def _problem(path: Path, errors: list[ErrorDetails], document: Places, model: type[BaseModel]) -> Problem:
    kinds = {details["type"]: details for details in errors}
    if "missing" in kinds:
        said, hint = MISSING, f"Add {dotted(path[-1:])} here."
    elif "extra_forbidden" in kinds:
        said, hint = "there is no such key.", _instead(path, known_keys(model, path[:-1]))
    else:
        said = " or ".join(dict.fromkeys(_plainly(details) for details in errors)) + "."
        hint = _hint(errors[0])
    return Problem(document.where(path), dotted(path), said, hint)


def _instead(path: Path, known: Sequence[str]) -> str:
    listed = ", ".join(known)
    return did_you_mean(str(path[-1]), known, f"Known here: {listed}." if known else "Remove it.")


def _plainly(details: ErrorDetails) -> str:
    if details["type"] in {"value_error", "assertion_error"}:
        return str(details["ctx"]["error"]).rstrip(".")
    if details["type"] == "union_tag_invalid":
        return f"should be one of {details['ctx']['expected_tags']}"
    return details["msg"].removeprefix("Input ").rstrip(".")


def _hint(details: ErrorDetails) -> str:
    """The nearest choice is shown where there are choices, never what was given."""
    context = details.get("ctx", {})
    given, choices = context.get("tag", details["input"]), context.get("expected_tags", context.get("expected"))
    if choices is None or not isinstance(given, str):
        return "Correct the value."
    words = choices.replace("'", "").replace(" or ", ", ").split(", ")
    return did_you_mean(given, words, "Choose one of them.")


def dotted(path: Path) -> str:
    """The path as people write it: `components[0].rate`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys that the table at `path` may have."""
    names = (name for kind in kinds_at(model, path) for name in _field_names(kind))
    return list(dict.fromkeys(names))


def kinds_at(model: type[BaseModel], path: Sequence[str | int]) -> list[Any]:
    """The types that a value at `path` may have: the members of its union; none where the model has no such place."""
    kinds: list[Any] = [model]
    for step in path:
        kinds = [inner for kind in kinds for inner in _step(kind, step)]
    return kinds


def _step(kind: Any, step: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        annotations = (field.annotation for name, field in kind.model_fields.items() if step in (name, field.alias))
        return [part for annotation in annotations for part in _parts(annotation)]
    origin, arguments = get_origin(kind), get_args(kind)
    if not isinstance(origin, type) or not arguments:
        return []
    return _parts(arguments[1] if issubclass(origin, Mapping) and len(arguments) > 1 else arguments[0])


def _parts(annotation: Any) -> list[Any]:
    """The members of a union, without what annotates them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _parts(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [part for member in get_args(annotation) for part in _parts(member)]
    return [] if origin is Literal else [annotation]


def _field_names(kind: Any) -> list[str]:
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items()]
