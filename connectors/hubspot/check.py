"""Does the account answer, and may the token do what Attain needs: every problem at once, with its next step."""

from __future__ import annotations

from connectors.answers import UnreadableAnswer
from connectors.base import Account, ConnectorError, FixSettings, TryLater
from connectors.hubspot import scopes
from connectors.hubspot.client import Call, HubSpotClient, Reply
from connectors.hubspot.errors import Forbidden
from connectors.hubspot.schema import DEALS, OWNERS, USERS
from connectors.retry import AskAgain, Failure
from connectors.zones import known_zone
from problems import Problem


def checked(client: HubSpotClient, name: str) -> tuple[Account | None, list[Problem]]:
    """Ask for the account, then for one deal, user and owner each."""
    where = f"connections.{name}"
    try:
        reply = client.account()
    except ConnectorError as error:
        return _without_account(client, where, error)
    zone, problems = known_zone(reply.data.get("timeZone"), where)
    return _account(reply, client, zone), [*problems, *_missing_scopes(client, where)]


def _without_account(client: HubSpotClient, where: str, error: ConnectorError) -> tuple[Account | None, list[Problem]]:
    """Where all that is read and written is to be had, not seeing the account itself is only a warning."""
    if isinstance(error, TryLater) or (isinstance(error, FixSettings) and not isinstance(error, Forbidden)):
        return None, [_problem(where, error)]
    missing = _missing_scopes(client, where)
    if missing:
        return None, [_problem(where, error), *(missing if isinstance(error, Forbidden) else [])]
    message = f"the account's time zone and currency are not known: {error}"
    hint = "Let the token see the account's details, or set time_zone and company.currency."
    return Account("", "HubSpot", None, None, None), [Problem(where, "time_zone", message, hint, "warning")]


def _account(reply: Reply, client: HubSpotClient, zone: str | None) -> Account:
    portal = str(reply.data.get("portalId") or "")
    kind = str(reply.data.get("accountType") or "").replace("_", " ").lower()
    return Account(
        account_id=portal,
        name=f"HubSpot {portal} ({kind})" if kind else f"HubSpot {portal}",
        timezone=zone,
        currency=reply.data.get("companyCurrency") or None,
        calls_left_today=client.daily.left if client.daily else None,
    )


def _missing_scopes(client: HubSpotClient, where: str) -> list[Problem]:
    one = [("limit", "1")]
    calls = [
        Call("list", "GET", client.paths.objects(DEALS), query=one, scope=scopes.reading(DEALS)),
        Call("list", "GET", client.paths.objects(USERS), query=one, scope=scopes.reading(USERS)),
        Call("owners", "GET", client.paths.owners(), query=one, scope=scopes.reading(OWNERS)),
    ]
    problems: list[Problem] = []
    for call in calls:
        try:
            client.send(call)
        except ConnectorError as error:
            problems.append(_problem(where, error))
    return problems


def _problem(where: str, error: ConnectorError) -> Problem:
    if isinstance(error, FixSettings):
        return Problem(where, "access_token", str(error), error.hint)
    if isinstance(error, TryLater) and _never_reached(error):
        return Problem(where, "base_url", str(error), "Check base_url, the network and the firewall.")
    if isinstance(error, TryLater):
        return Problem(where, "", str(error), "Try again later.")
    return Problem(
        where, "base_url", str(error), "Check that base_url is HubSpot's API and path_version one it serves."
    )


def _never_reached(error: TryLater) -> bool:
    cause = error.__cause__
    return isinstance(cause, AskAgain) and (
        cause.kind in {Failure.REFUSED, Failure.UNREADABLE} or isinstance(cause.__cause__, UnreadableAnswer)
    )
