"""Where each resource lives, in both generations of HubSpot's paths.

The undated v1 to v3 paths end in September 2027; the dated ones (`/crm/objects/2026-09/deals`) are served for 18
months each. Source: HubSpot's public OpenAPI collection.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of one generation: `v3` or a date such as `2026-09`."""

    version: str

    def objects(self, object_name: str, action: str = "") -> str:
        """Records of an object; `action` is `search`, `batch/read`, `batch/update` or nothing for the list."""
        base = self._in_crm("objects", object_name)
        return f"{base}/{action}" if action else base

    def properties(self, object_name: str, action: str = "") -> str:
        """Properties of an object, or with `groups` and `groups/<name>` their groups."""
        base = self._in_crm("properties", object_name)
        return f"{base}/{action}" if action else base

    def owners(self) -> str:
        """Owners: the people deals and activities are assigned to."""
        return self._in_crm("owners")

    def pipelines(self, object_name: str) -> str:
        """Pipelines with their stages."""
        return self._in_crm("pipelines", object_name)

    def deal_splits(self) -> str:
        """Splits of deals, by deal id."""
        if self.version == "v3":
            return "/crm/v3/objects/deals/splits/batch/read"
        return f"/deal-splits/{self.version}/batch/read"

    def exchange_rates(self) -> str:
        """Exchange rates as the account's administrator entered them, old ones included."""
        if self.version == "v3":
            return "/settings/v3/currencies/exchange-rates"
        return f"/settings/currencies/{self.version}/exchange-rates"

    def account(self) -> str:
        """Who the token belongs to: portal, currency, time zone."""
        return f"/account-info/{self.version}/details"

    def _in_crm(self, resource: str, name: str = "") -> str:
        base = f"/crm/v3/{resource}" if self.version == "v3" else f"/crm/{resource}/{self.version}"
        return f"{base}/{quote(name, safe='')}" if name else base
