"""The plan file as it is written: keys, types, defaults. What the parts mean together is checked in `checks`."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from spm.plans.model import REVENUE, AtBound, RoundingRule, Span, TierBasis

_PERCENT = re.compile(r"\s*(?P<number>-?[\d.]+)\s*%\s*")
_PLACES = 10


def _exact(given: Any) -> Decimal:
    """A number, or text such as `0.06` or `6 %`, as an exact decimal. Raises ValueError."""
    if isinstance(given, bool) or not isinstance(given, int | Decimal | str):
        raise ValueError('should be a number such as 0.06, or a text such as "6 %"')
    percent = _PERCENT.fullmatch(given) if isinstance(given, str) else None
    try:
        number = Decimal(percent["number"]) / 100 if percent else Decimal(given)
    except InvalidOperation as error:
        raise ValueError('should be a number such as 0.06, or a text such as "6 %"') from error
    if not number.is_finite() or abs(number) >= 10**15 or number != round(number, _PLACES):
        raise ValueError(f"should be below a quadrillion, with at most {_PLACES} places")
    return number


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise ValueError("should not be negative")
    return number


Exact = Annotated[Decimal, BeforeValidator(lambda given: _not_negative(_exact(given)))]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$")]
Text = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoundingSection(_Section):
    """`[rounding]`."""

    places: Annotated[int, Field(ge=0, le=6)] = 2
    rule: RoundingRule = RoundingRule.HALF_UP


class TierSection(_Section):
    """One entry of `tiers`."""

    start: Annotated[Exact | None, Field(alias="from")] = None
    end: Annotated[Exact | None, Field(alias="to")] = None
    rate: Exact


class ComponentSection(_Section):
    """One `[[components]]`: either `rate`, or `tiers` with `tier_mode` and `tier_by`."""

    name: Name
    measure: Name = "bookings"
    value: Text = "amount"
    condition: Text | None = None
    date: Name = "close_date"
    role: Name = REVENUE
    accumulate: Span = Span.YEAR
    rate: Exact | None = None
    tiers: Annotated[tuple[TierSection, ...], Field(max_length=100)] = ()
    tier_mode: Annotated[str | None, Field(pattern="^(marginal|whole_amount)$")] = None
    tier_by: TierBasis | None = None
    at_bound: AtBound | None = None


class PlanFile(_Section):
    """A whole plan file."""

    name: Name
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    statement: Span = Span.MONTH
    rounding: RoundingSection = RoundingSection()
    components: Annotated[tuple[ComponentSection, ...], Field(min_length=1, max_length=100)]
