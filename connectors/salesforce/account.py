"""Who answers on the other side: the org's name, time zone and currency, and the calls it has left."""

from __future__ import annotations

from typing import Any

from connectors.base import Account, FixSettings
from connectors.salesforce.client import Client
from connectors.salesforce.errors import Refused
from connectors.salesforce.query import ask_query
from connectors.salesforce.schema import Schemas
from connectors.salesforce.soql import select
from connectors.zones import known_zone
from problems import Problem

_SOUGHT = ("Id", "Name", "TimeZoneSidKey", "DefaultCurrencyIsoCode")


def read_account(client: Client, schemas: Schemas) -> tuple[Account, list[Problem]]:
    """The account, and what of it the user may not see. Raises FixSettings or TryLater."""
    _know_version(client, schemas)
    org, problems = _organization(client, schemas)
    zone, unknown = known_zone(org.get("TimeZoneSidKey"), f"connections.{client.name}")
    account = Account(
        account_id=str(org.get("Id") or ""),
        name=str(org.get("Name") or ""),
        timezone=zone,
        currency=org.get("DefaultCurrencyIsoCode") or _corporate_currency(client),
        calls_left_today=client.allowance.left,
    )
    return account, [*problems, *unknown]


def _organization(client: Client, schemas: Schemas) -> tuple[dict[str, Any], list[Problem]]:
    """The one record of the org; without it days are in UTC, and the company's currency is the org's."""
    try:
        described = schemas.described("Organization")
        fields = [name for name in _SOUGHT if described.field(name)]
        rows = ask_query(client, select(fields, "Organization"), deleted=False).records
    except FixSettings:
        rows = []
    if rows:
        return dict(rows[0]), []
    message = "the org does not show its Organization record: its time zone and currency are not known."
    hint = "Give the integration user View Setup and Configuration, or set time_zone and company.currency."
    return {}, [Problem(f"connections.{client.name}", "time_zone", message, hint, "warning")]


def _know_version(client: Client, schemas: Schemas) -> None:
    """Ask for the limits first: they tell the allowance, and whether the org has this version at all. A user who may
    not see them (View Setup and Configuration) can still work."""
    try:
        limits = client.get("limits/", "limits")
    except Refused as error:
        if error.status in (404, 410):
            _require_version(client, schemas)
        return
    daily = limits.get("DailyApiRequests") if isinstance(limits, dict) else None
    if isinstance(daily, dict) and client.allowance.total is None:
        total, left = int(daily.get("Max", 0)), int(daily.get("Remaining", 0))
        client.allowance.note(f"api-usage={total - left}/{total}")


def _require_version(client: Client, schemas: Schemas) -> None:
    """Raise FixSettings where nothing else of this version is there either."""
    try:
        schemas.described("User")
    except FixSettings as error:
        version = client.settings.api_version
        raise FixSettings(
            f"{client.name}: {client.settings.instance_url} has no REST API of version {version}.",
            hint="Set api_version to one the org supports, such as 66.0, and check that instance_url is the My Domain.",
        ) from error


def _corporate_currency(client: Client) -> str | None:
    """The corporate currency of an org with several; None where there is one alone, which no object names."""
    try:
        rows = ask_query(client, select(["IsoCode"], "CurrencyType", "IsCorporate = true"), deleted=False).records
    except Refused:
        return None
    return str(rows[0]["IsoCode"]) if rows else None
