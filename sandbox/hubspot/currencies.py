"""The account's currencies and dated exchange rates into the company currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox.hubspot.moments import iso, milliseconds
from sandbox.sales import CORPORATE_CURRENCY, RATES

NAMES = {"USD": "US Dollar", "EUR": "Euro", "GBP": "British Pound", "JPY": "Japanese Yen", "CHF": "Swiss Franc"}
_SIX_PLACES = Decimal("0.000001")
_FIRST_ID = 780_001


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `currency` is `rate` units of the company currency, from the moment `effective` on."""

    rate_id: int
    currency: str
    rate: Decimal
    effective: int
    created: int
    visible: bool = True

    def as_json(self, home: str) -> dict[str, Any]:
        """An ExchangeRate; the shortest text of a float has the same six places."""
        return {
            "id": str(self.rate_id),
            "fromCurrencyCode": self.currency,
            "toCurrencyCode": home,
            "conversionRate": float(self.rate),
            "effectiveAt": iso(self.effective),
            "visibleInUI": self.visible,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.created),
        }


class Currencies:
    """The company currency, the further ones, and their rates. JPY is in use and has no rate."""

    def __init__(self, start: date, today: date) -> None:
        self.home = CORPORATE_CURRENCY
        self.rates: list[Rate] = []
        begin, middle = start - timedelta(days=90), start + (today - start) / 2
        for currency, per_dollar in RATES.items():
            now = (1 / per_dollar).quantize(_SIX_PLACES)
            self.add(currency, (now * Decimal("0.98")).quantize(_SIX_PLACES), _midnight(begin), _midnight(begin))
            self.add(currency, now, _midnight(middle), _midnight(middle))

    @property
    def in_use(self) -> tuple[str, ...]:
        """What deal_currency_code may be: the company currency, those with a rate, and the yen."""
        return tuple(dict.fromkeys([self.home, *(rate.currency for rate in self.rates), "JPY"]))

    @property
    def additional(self) -> tuple[str, ...]:
        """Currencies beside the company's."""
        return self.in_use[1:]

    def add(self, currency: str, rate: Decimal, effective: int, now: int) -> Rate:
        """Set a rate from a moment on."""
        added = Rate(_FIRST_ID + 3 * len(self.rates), currency, rate, effective, now)
        self.rates.append(added)
        return added

    def current(self, now: int) -> list[Rate]:
        """The rate of each currency that holds at a moment."""
        latest: dict[str, Rate] = {}
        for rate in sorted(self.rates, key=lambda rate: (rate.effective, rate.rate_id)):
            if rate.effective <= now:
                latest[rate.currency] = rate
        return list(latest.values())

    def rate_of(self, currency: str, now: int) -> Decimal | None:
        """Units of the company currency for one of `currency`, None where there is no rate."""
        if currency == self.home:
            return Decimal(1)
        known = [rate for rate in self.rates if rate.currency == currency and rate.effective <= now]
        return max(known, key=lambda rate: (rate.effective, rate.rate_id)).rate if known else None


def _midnight(day: date) -> int:
    return milliseconds(datetime.combine(day, time(), UTC))
