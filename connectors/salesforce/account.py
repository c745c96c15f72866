"""Who answers on the other side: the org's name, time zone and currency, and the calls it has left."""

from __future__ import annotations

from connectors.base import Account, FixSettings
from connectors.salesforce.client import Client
from connectors.salesforce.errors import Refused
from connectors.salesforce.query import ask_query
from connectors.salesforce.schema import Schemas
from connectors.salesforce.soql import select

_SOUGHT = ("Id", "Name", "TimeZoneSidKey", "DefaultCurrencyIsoCode")


def read_account(client: Client, schemas: Schemas) -> Account:
    """The account. Raises FixSettings or TryLater."""
    _know_version(client)
    described = schemas.described("Organization")
    fields = [name for name in _SOUGHT if described.field(name)]
    rows = ask_query(client, select(fields, "Organization"), deleted=False).records
    if not rows:
        raise FixSettings(
            f"{client.name}: the org does not show its Organization record.",
            hint="Give the integration user the View Setup and Configuration permission.",
        )
    org = rows[0]
    return Account(
        account_id=str(org["Id"]),
        name=str(org.get("Name") or ""),
        timezone=org.get("TimeZoneSidKey"),
        currency=org.get("DefaultCurrencyIsoCode") or _corporate_currency(client),
        calls_left_today=client.allowance.left,
    )


def _know_version(client: Client) -> None:
    """Ask for the limits first: they are there in every version the org has."""
    version = client.settings.api_version
    try:
        limits = client.get("limits/", "limits")
    except Refused as error:
        if error.status not in (404, 410):
            raise
        raise FixSettings(
            f"{client.name}: {client.settings.instance_url} has no REST API of version {version}.",
            hint="Set api_version to one the org supports, such as 66.0, and check that instance_url is the My Domain.",
        ) from error
    daily = limits.get("DailyApiRequests") if isinstance(limits, dict) else None
    if isinstance(daily, dict) and client.allowance.total is None:
        total, left = int(daily.get("Max", 0)), int(daily.get("Remaining", 0))
        client.allowance.note(f"api-usage={total - left}/{total}")


def _corporate_currency(client: Client) -> str | None:
    """The corporate currency of an org with several; None where there is one alone, which no object names."""
    try:
        rows = ask_query(client, select(["IsoCode"], "CurrencyType", "IsCorporate = true"), deleted=False).records
    except Refused:
        return None
    return str(rows[0]["IsoCode"]) if rows else None
