"""The account everything belongs to: its people, properties, pipelines, currencies, records and clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.clock import Clock
from sandbox.hubspot.catalogue import Catalogue, option
from sandbox.hubspot.currencies import Currencies
from sandbox.hubspot.directory import Directory
from sandbox.hubspot.moments import milliseconds
from sandbox.hubspot.pipelines import Pipelines
from sandbox.hubspot.store import Store
from sandbox.hubspot.types import ObjectType

PORTAL_ID = 144_923_001
TIME_ZONE = "America/New_York"
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Account:
    """What all handlers work on, under `lock`. `index_lag` is how many seconds search is behind."""

    clock: Clock
    store: Store
    directory: Directory
    pipelines: Pipelines
    currencies: Currencies
    catalogue: Catalogue
    lock: threading.RLock = field(default_factory=threading.RLock)
    index_lag: float = 0.0

    def now(self) -> int:
        """The sandbox's time in milliseconds since 1970."""
        return milliseconds(self.clock.now())

    def owner_exists(self, owner_id: str) -> bool:
        """Whether somebody has this owner id, here or gone."""
        return self.directory.owner(owner_id) is not None

    def recalculate(self, kind: ObjectType, properties: dict[str, str], splitters: list[str]) -> None:
        """Set what HubSpot calculates; `splitters` are the owners of the deal's splits."""
        if kind.name != "deals":
            return
        for name, value in self._deal_figures(properties, splitters).items():
            if value:
                properties[name] = value
            else:
                properties.pop(name, None)

    def _deal_figures(self, properties: dict[str, str], splitters: list[str]) -> dict[str, str]:
        place = self.pipelines.find_stage(properties.get("dealstage"))
        stage = place[1] if place else None
        closed = stage is not None and stage.closed
        won = stage is not None and stage.closed and stage.probability == "1.0"
        amount = properties.get("amount", "")
        rate = self.currencies.rate_of(properties.get("deal_currency_code", self.currencies.home), self.now())
        home = "" if not amount or rate is None else str((Decimal(amount) * rate).quantize(_CENT))
        return {
            "hubspot_team_id": self.directory.team_of(properties.get("hubspot_owner_id")) or "",
            "hs_is_closed": _flag(closed),
            "hs_is_closed_won": _flag(won),
            "hs_is_closed_lost": _flag(closed and not won),
            "hs_deal_stage_probability": stage.probability if stage else "",
            "hs_closed_amount": amount if won else "0",
            "hs_closed_amount_in_home_currency": home if won else "0",
            "amount_in_home_currency": home,
            "hs_exchange_rate": "" if rate is None else str(rate),
            "hs_is_deal_split": _flag(bool(splitters)),
            "hs_all_deal_split_owner_ids": ";".join(splitters),
        }


def _flag(value: bool) -> str:
    return "true" if value else "false"


def open_account(clock: Clock, store: Store, directory: Directory, start: date, today: date) -> Account:
    """The account without records."""
    created = milliseconds(clock.now()) - 3 * 365 * 86_400_000
    pipelines, currencies = Pipelines(created), Currencies(start, today)

    def stages() -> list[dict[str, Any]]:
        found = [stage for pipeline in pipelines for stage in pipeline.stages]
        return [option(stage.id, stage.label, order) for order, stage in enumerate(found)]

    choices = {
        "dealstage": stages,
        "pipeline": lambda: [option(each.id, each.label, each.order) for each in pipelines],
        "deal_currency_code": lambda: [option(code, code, order) for order, code in enumerate(currencies.in_use)],
        "hubspot_team_id": lambda: [option(str(team), name, 0) for name, team in directory.teams.items()],
    }
    return Account(clock, store, directory, pipelines, currencies, Catalogue(created, choices))
