"""What may be written into a property, and the text it is stored as. Every stored value is text, as HubSpot's are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.hubspot.catalogue import Property
from sandbox.hubspot.errors import InvalidValue
from sandbox.hubspot.moments import iso, read_date, read_datetime

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_LONGEST = 65_536
_FLAGS = {"true": "true", "false": "false", "1": "true", "0": "false"}


class BadValue(Exception):
    """The value cannot be written; carries what HubSpot says of it."""

    def __init__(self, name: str, error: str, message: str) -> None:
        super().__init__(message)
        self.complaint = InvalidValue(name, error, message)


def stored(prop: Property, value: Any, owner_exists: Callable[[str], bool]) -> str | None:
    """The text a value is kept as, None to clear it. Raises BadValue."""
    if prop.read_only:
        raise BadValue(prop.name, "READ_ONLY_VALUE", f'"{prop.name}" is a read only property; its value cannot be set.')
    text = _text(prop, value)
    if text == "":
        return None
    if prop.owner:
        return _owners(prop, text, owner_exists)
    return _READERS.get(prop.type, _string)(prop, text)


def _text(prop: Property, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int)):
        return str(value)
    raise BadValue(prop.name, "INVALID_STRING", f"{value} was not a valid string.")


def _string(prop: Property, text: str) -> str:
    if len(text) > _LONGEST:
        message = f"Property value was too long. It was {len(text)} characters; the limit is {_LONGEST}."
        raise BadValue(prop.name, "PROPERTY_VALUE_TOO_LONG", message)
    return text


def _number(prop: Property, text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise BadValue(prop.name, "INVALID_DOUBLE", f"{text} was not a valid number.")
    return text


def _datetime(prop: Property, text: str) -> str:
    try:
        return iso(read_datetime(text))
    except (ValueError, OverflowError) as error:
        raise BadValue(prop.name, "INVALID_LONG", f"{text} was not a valid long.") from error


def _date(prop: Property, text: str) -> str:
    try:
        return read_date(text)
    except (ValueError, OverflowError) as error:
        message = str(error) if "midnight" in str(error) else f"{text} was not a valid date."
        raise BadValue(prop.name, "INVALID_DATE", message) from error


def _flag(prop: Property, text: str) -> str:
    if text.lower() not in _FLAGS:
        raise BadValue(prop.name, "INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]")
    return _FLAGS[text.lower()]


def _choice(prop: Property, text: str) -> str:
    allowed = [str(each["value"]) for each in prop.options]
    chosen = text.split(";") if prop.several else [text]
    for each in chosen:
        if each not in allowed:
            raise BadValue(prop.name, "INVALID_OPTION", _not_allowed(prop, each, allowed))
    return text


def _not_allowed(prop: Property, text: str, allowed: list[str]) -> str:
    if prop.name == "deal_currency_code":
        return f'"{text}" is not a part of the current effective currency codes for portal'
    return f"{text} was not one of the allowed options: [{', '.join(allowed)}]"


def _owners(prop: Property, text: str, owner_exists: Callable[[str], bool]) -> str:
    for each in text.split(";") if prop.several else [text]:
        if not owner_exists(each):
            raise BadValue(prop.name, "INVALID_OWNER_ID", f"The owner id {each} was not a valid owner.")
    return text


_READERS: dict[str, Callable[[Property, str], str]] = {
    "number": _number,
    "datetime": _datetime,
    "date": _date,
    "bool": _flag,
    "enumeration": _choice,
}
