"""The small lists read in full each time: owners, exchange rates, deal stages.

An owner is who deals and activities belong to; the record a person's results are written to is the user record,
another object with other ids. The two are joined by the user number: `hs_internal_user_id` of the user is `userId`
of the owner, which for people who left is only in `userIdIncludingInactive`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from connectors.base import ID, MODIFIED
from connectors.hubspot import scopes
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.listing import Listing, listed
from connectors.hubspot.pipelines import read_stages
from connectors.hubspot.records import Row, as_text, latest, text_frame
from connectors.hubspot.schema import OWNERS, RATES, STAGES, USER_PREFIX, USERS

_USER_NUMBER = "hs_internal_user_id"
_PERSON = "PERSON"


def read_directory(client: HubSpotClient, object_name: str, fields: Sequence[str]) -> pl.DataFrame:
    """All rows of one of the small objects."""
    return {OWNERS: _owners, RATES: _rates, STAGES: _stages}[object_name](client, fields)


def _owners(client: HubSpotClient, fields: Sequence[str]) -> pl.DataFrame:
    owners = latest([*_owner_rows(client, archived=True), *_owner_rows(client, archived=False)])
    people = [owner for owner in owners if owner.get("type", _PERSON) == _PERSON]
    users = _users(client, [name for name in fields if name.startswith(USER_PREFIX)])
    described = [_owner(owner, users.get(_user_number(owner) or "")) for owner in people]
    return _frame(people, described, fields)


def _owner_rows(client: HubSpotClient, *, archived: bool) -> Iterator[Row]:
    query = [("archived", "true" if archived else "false")]
    listing = Listing("owners", client.paths.owners(), scopes.reading(OWNERS), query)
    for page in listed(client, listing):
        for row in page.rows:
            yield {**row, "archived": archived}


def _users(client: HubSpotClient, paths: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """User records by user number, with the properties that `paths` ask for; none are read where none are asked."""
    if not paths:
        return {}
    names = dict.fromkeys([_USER_NUMBER, *(path.removeprefix(USER_PREFIX) for path in paths)])
    asked = [("properties", name) for name in names]
    listing = Listing("list", client.paths.objects(USERS), scopes.reading(USERS), asked)
    rows = (row for page in listed(client, listing) for row in page.rows)
    held = ({"hs_object_id": row["id"], **(row.get("properties") or {})} for row in rows)
    return {str(user[_USER_NUMBER]): user for user in held if user.get(_USER_NUMBER)}


def _user_number(owner: Row) -> str | None:
    number = owner.get("userId")
    return as_text(owner.get("userIdIncludingInactive") if number is None else number)


def _owner(owner: Row, user: Mapping[str, Any] | None) -> dict[str, Any]:
    teams = [team for team in owner.get("teams") or () if isinstance(team, dict)]
    names = [str(owner[part]).strip() for part in ("firstName", "lastName") if owner.get(part)]
    return {
        **{name: owner.get(name) for name in ("id", "email", "firstName", "lastName", "createdAt", "updatedAt")},
        "fullName": " ".join(name for name in names if name) or None,
        "userId": _user_number(owner),
        "archived": owner["archived"],
        "active": not owner["archived"],
        "primaryTeam.name": next((team.get("name") for team in teams if team.get("primary")), None),
        "teams": ";".join(str(team.get("name")) for team in teams) or None,
        **{f"{USER_PREFIX}{name}": value for name, value in (user or {}).items()},
    }


def _rates(client: HubSpotClient, fields: Sequence[str]) -> pl.DataFrame:
    listing = Listing("exchange_rates", client.paths.exchange_rates(), scopes.CURRENCIES)
    rows = latest([row for page in listed(client, listing) for row in page.rows])
    return _frame(rows, rows, fields)


def _stages(client: HubSpotClient, fields: Sequence[str]) -> pl.DataFrame:
    stages: list[Row] = [
        {
            "id": stage.stage_id,
            "label": stage.label,
            "pipeline": stage.pipeline,
            "isClosed": stage.is_closed,
            "probability": stage.probability,
            "updatedAt": stage.updated_at,
        }
        for stage in read_stages(client)
    ]
    rows = latest(stages)
    return _frame(rows, rows, fields)


def _frame(rows: Sequence[Row], values: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {
        ID: [row["id"] for row in rows],
        MODIFIED: [as_text(row.get("updatedAt")) for row in rows],
    }
    for name in fields:
        columns[name] = [row.get(name) for row in values]
    return text_frame(columns)
