"""Owners, users and teams: three views of the same people, with three different ids each.

An owner's `id` is what deals name, its `userId` is the login, and the CRM's user record (object 0-115) has an id of
its own and names the login in `hs_internal_user_id`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from sandbox.hubspot.moments import iso, milliseconds
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import ID_STEP, find_type
from sandbox.sales import Person

_FIRST_OWNER, _FIRST_USER, _FIRST_TEAM = 41_629_001, 9_586_001, 5_010_001


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the account. Moments are milliseconds since 1970."""

    owner_id: int
    user_id: int
    record_id: int
    first_name: str
    last_name: str
    email: str
    title: str
    team: str
    active: bool
    created: int
    modified: int


class Directory:
    """The people and teams of the account."""

    def __init__(self, staff: Sequence[Person]) -> None:
        self._members = {member.owner_id: member for member in map(_member, staff)}
        self.teams = {name: _FIRST_TEAM + 11 * number for number, name in enumerate(_team_names(staff))}

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def owner(self, owner_id: str) -> Member | None:
        """The person behind an owner id."""
        return self._members.get(int(owner_id)) if owner_id.isdigit() else None

    def by_user(self, user_id: str) -> Member | None:
        """The person behind a user id."""
        return next((member for member in self if str(member.user_id) == user_id), None)

    def at(self, index: int) -> Member:
        """The person generated with this index."""
        return self._members[_FIRST_OWNER + 7 * index]

    def change(self, owner_id: str, now: int, **changes: Any) -> Member:
        """Change a person as an admin would. Raises LookupError for nobody and TypeError for what nobody has."""
        member = self.owner(owner_id)
        if member is None:
            raise LookupError(owner_id)
        self._members[member.owner_id] = replace(member, modified=now, **changes)
        return self._members[member.owner_id]

    def team_of(self, owner_id: str | None) -> str | None:
        """The main team's id of an owner."""
        member = self.owner(owner_id or "")
        return str(self.teams[member.team]) if member else None

    def owner_json(self, member: Member) -> dict[str, Any]:
        """An item of the owners API; who left is archived and has no `userId`."""
        return {
            "id": str(member.owner_id),
            "email": member.email,
            "type": "PERSON",
            "firstName": member.first_name,
            "lastName": member.last_name,
            "userId": member.user_id if member.active else None,
            "userIdIncludingInactive": member.user_id,
            "createdAt": iso(member.created),
            "updatedAt": iso(member.modified),
            "archived": not member.active,
            "teams": [{"id": str(self.teams[member.team]), "name": member.team, "primary": True}],
        }

    def user_json(self, member: Member) -> dict[str, Any]:
        """An item of the user provisioning API."""
        return {
            "id": str(member.user_id),
            "email": member.email,
            "firstName": member.first_name,
            "lastName": member.last_name,
            "roleId": None,
            "roleIds": [],
            "primaryTeamId": str(self.teams[member.team]),
            "secondaryTeamIds": [],
            "superAdmin": member.title == "VP Sales",
            "sendWelcomeEmail": False,
        }

    def teams_json(self) -> list[dict[str, Any]]:
        """The teams with the users in them."""
        return [
            {
                "id": str(team_id),
                "name": name,
                "userIds": [str(member.user_id) for member in self if member.team == name and member.active],
                "secondaryUserIds": [],
            }
            for name, team_id in self.teams.items()
        ]

    def records(self) -> Iterable[Row]:
        """The people as records of the users object."""
        return (Row(m.record_id, m.created, m.modified, None, self.record_values(m)) for m in self)

    def record_values(self, member: Member) -> dict[str, str]:
        """What HubSpot itself fills in on the user record."""
        return {
            "hs_internal_user_id": str(member.user_id),
            "hs_email": member.email,
            "hs_given_name": member.first_name,
            "hs_family_name": member.last_name,
            "hs_searchable_calculated_name": f"{member.first_name} {member.last_name}",
            "hs_main_team_id": str(self.teams[member.team]),
            "hs_deactivated": str(not member.active).lower(),
            "hs_job_title": member.title,
            "hs_standard_time_zone": "America/New_York",
        }


def _team_names(staff: Sequence[Person]) -> list[str]:
    return list(dict.fromkeys(person.team for person in staff))


def _member(person: Person) -> Member:
    hired = milliseconds(datetime.combine(person.hired_on, time(9), UTC))
    left = milliseconds(datetime.combine(person.left_on, time(17), UTC)) if person.left_on else hired
    return Member(
        owner_id=_FIRST_OWNER + 7 * person.index,
        user_id=_FIRST_USER + 11 * person.index,
        record_id=find_type("users").first_id + ID_STEP * person.index,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        title=person.title,
        team=person.team,
        active=person.active,
        created=hired,
        modified=max(hired, left),
    )
