"""Owners, user provisioning, teams, account information, currencies: what belongs to the account, not to a record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.hubspot.account import PORTAL_ID, TIME_ZONE, Account
from sandbox.hubspot.call import Call, answer, required
from sandbox.hubspot.currencies import NAMES, Rate
from sandbox.hubspot.errors import invalid, not_found
from sandbox.hubspot.moments import read_datetime
from sandbox.wire import Response

_OWNERS_PAGE, _MOST_OWNERS, _USERS_PAGE = 100, 500, 100


def _paged(call: Call, items: Sequence[tuple[int, dict[str, Any]]], limit: int) -> Response:
    after = int(call.after() or -1)
    rest = [item for item in items if item[0] > after]
    body: dict[str, Any] = {"results": [shown for _, shown in rest[:limit]]}
    if len(rest) > limit:
        body["paging"] = call.next_page(rest[limit - 1][0])
    return answer(body, rows=len(body["results"]))


def list_owners(account: Account, call: Call) -> Response:
    """Owners who are active, or with `archived` those who left; `email` finds one."""
    email, archived = call.request.param("email"), call.flag("archived")
    found = [
        (member.owner_id, account.directory.owner_json(member))
        for member in account.directory
        if member.active != archived and (not email or member.email == email.lower())
    ]
    return _paged(call, found, call.limit(_OWNERS_PAGE, _MOST_OWNERS))


def get_owner(account: Account, call: Call) -> Response:
    """One owner by id, or by user id with `idProperty=userId`."""
    key = call.parts["id"]
    by_user = call.request.param("idProperty") == "userId"
    member = account.directory.by_user(key) if by_user else account.directory.owner(key)
    if member is None or member.active == call.flag("archived"):
        raise not_found(key)
    return answer(account.directory.owner_json(member), rows=1)


def list_users(account: Account, call: Call) -> Response:
    """Users who may log in."""
    found = [(member.user_id, account.directory.user_json(member)) for member in account.directory if member.active]
    return _paged(call, found, call.limit(_USERS_PAGE, _USERS_PAGE))


def get_user(account: Account, call: Call) -> Response:
    """One user by user id, or by email with `idProperty=EMAIL`."""
    key = call.parts["id"]
    by_email = (call.request.param("idProperty") or "").upper() == "EMAIL"
    found = (
        member
        for member in account.directory
        if member.active and (member.email == key.lower() if by_email else str(member.user_id) == key)
    )
    member = next(found, None)
    if member is None:
        raise not_found(key)
    return answer(account.directory.user_json(member), rows=1)


def list_teams(account: Account, _call: Call) -> Response:
    """Teams and who is in them."""
    teams = account.directory.teams_json()
    return answer({"results": teams}, rows=len(teams))


def list_roles(_account: Account, _call: Call) -> Response:
    """Roles: this account has none of its own."""
    return answer({"results": []}, rows=0)


def details(account: Account, _call: Call) -> Response:
    """The account: portal id, currencies, time zone."""
    local = account.clock.now().astimezone(ZoneInfo(TIME_ZONE))
    offset = local.utcoffset() or timedelta()
    shown = {
        "portalId": PORTAL_ID,
        "accountType": "STANDARD",
        "timeZone": TIME_ZONE,
        "companyCurrency": account.currencies.home,
        "additionalCurrencies": list(account.currencies.additional),
        "utcOffset": local.strftime("%z")[:3] + ":" + local.strftime("%z")[3:],
        "utcOffsetMilliseconds": int(offset.total_seconds() * 1000),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return answer(shown)


def midnight_after(now: datetime) -> datetime:
    """When the day's calls are counted anew: midnight in the account's time zone."""
    local = now.astimezone(ZoneInfo(TIME_ZONE))
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def company_currency(account: Account, _call: Call) -> Response:
    """The company currency, which is its id."""
    now = account.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return answer({"id": account.currencies.home, "createdAt": now})


def currency_codes(_account: Account, _call: Call) -> Response:
    """Every currency HubSpot knows (a few here)."""
    codes = [{"currencyCode": code, "currencyName": name} for code, name in NAMES.items()]
    return answer({"results": codes}, rows=len(codes))


def exchange_rates(account: Account, call: Call) -> Response:
    """Every rate there ever was, paged."""
    currency = call.request.param("fromCurrencyCode")
    rates = [rate for rate in account.currencies.rates if currency in (None, rate.currency)]
    found = [(rate.rate_id, rate.as_json(account.currencies.home)) for rate in rates]
    return _paged(call, found, call.limit(100, 100))


def current_rates(account: Account, _call: Call) -> Response:
    """The rate of each currency that holds now."""
    rates = account.currencies.current(account.now())
    return answer({"results": [rate.as_json(account.currencies.home) for rate in rates]}, rows=len(rates))


def get_rate(account: Account, call: Call) -> Response:
    """One rate."""
    return answer(_rate(account, call.parts["id"]).as_json(account.currencies.home))


def create_rate(account: Account, call: Call) -> Response:
    """Set a rate from a moment on."""
    body = call.body()
    required(body, "fromCurrencyCode", "conversionRate")
    if body["fromCurrencyCode"] not in NAMES:
        raise invalid(f"{body['fromCurrencyCode']} is not a currency code")
    effective = read_datetime(str(body["effectiveAt"])) if body.get("effectiveAt") else account.now()
    made = account.currencies.add(body["fromCurrencyCode"], _number(body), effective, account.now())
    return answer(made.as_json(account.currencies.home))


def _number(body: dict[str, Any]) -> Decimal:
    try:
        rate = Decimal(str(body["conversionRate"]))
    except InvalidOperation as error:
        raise invalid("conversionRate must be a number") from error
    if not rate.is_finite() or rate <= 0:
        raise invalid("conversionRate must be greater than 0")
    return rate


def _rate(account: Account, rate_id: str) -> Rate:
    found = next((rate for rate in account.currencies.rates if str(rate.rate_id) == rate_id), None)
    if found is None:
        raise not_found(rate_id)
    return found


def central_rates(_account: Account, _call: Call) -> Response:
    """Whether HubSpot keeps the rates itself: it does not here."""
    return answer({"centralExchangeRatesEnabled": False})
