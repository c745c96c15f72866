"""The kinds of value behind the keys of a plan file: exact numbers, names, days. Each says what it expects."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_PERCENT = re.compile(r"\s*(?P<number>-?[\d.]+)\s*%\s*")
ZERO = Decimal(0)
_PLACES = 10
_NUMBER = 'should be a number such as 0.06, or a text such as "6 %"'
_NAME = r"^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$"
_MEASURE = re.compile(r"[^\W\d].{0,119}")


def exact(given: Any) -> Decimal:
    """A number, or text such as `0.06` or `6 %`, as an exact decimal that is not negative. Raises ValueError."""
    if isinstance(given, bool) or not isinstance(given, int | Decimal | str):
        raise ValueError(_NUMBER)
    percent = _PERCENT.fullmatch(given) if isinstance(given, str) else None
    try:
        number = Decimal(percent["number"]) / 100 if percent else Decimal(given)
    except InvalidOperation as error:
        raise ValueError(_NUMBER) from error
    if not fits(number):
        raise ValueError(f"should be below a quadrillion, with at most {_PLACES} places")
    if number < 0:
        raise ValueError("should not be negative")
    return number


def fits(number: Decimal) -> bool:
    """Whether frames can hold the number exactly."""
    return number.is_finite() and abs(number) < 10**15 and number == round(number, _PLACES)


def text_of(number: Decimal) -> str:
    """The one way to write a number: without trailing zeros, never with an exponent."""
    return format(number.normalize(), "f")


def _amount_or_measure(given: Any) -> Decimal | str:
    try:
        return exact(given)
    except ValueError:
        if isinstance(given, str) and _MEASURE.fullmatch(given):
            return given
        raise ValueError("should be an amount, or the name of the quotas that hold each person's") from None


def _day(given: Any) -> Any:
    if isinstance(given, str) or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    raise ValueError("should be a day such as 2026-01-31")


def _levels(given: Any) -> int | None:
    if given == "all":
        return None
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    raise ValueError('should be a number of levels such as 1, or "all"')


Exact = Annotated[Decimal, BeforeValidator(exact)]
AmountOrMeasure = Annotated[Decimal | str, BeforeValidator(_amount_or_measure)]
Day = Annotated[date, BeforeValidator(_day)]
Levels = Annotated[int | None, BeforeValidator(_levels)]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=_NAME)]
Text = Annotated[str, Field(min_length=1)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Section(BaseModel):
    """A table of a plan file: a key that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)
