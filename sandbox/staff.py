"""The generated sales staff of both sandboxes: who sells, who leads, who left."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox import names


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in sales. People who sell come first, then team leads, then the head of sales. `index` counts from 0.

    `manager_index` is None for the head. `active` is false for who left; their sales stay theirs.
    """

    index: int
    first_name: str
    last_name: str
    email: str
    team: str
    manager_index: int | None
    title: str
    active: bool
    hired_on: date
    left_on: date | None
    sells: bool


def people(seed: int, count: int, teams: int, start: date, today: date, *, company: str = "") -> list[Person]:
    """The sales staff: `count` people in at most `teams` teams. Another `company` has other people, but for
    the first three who sell; a tenth of the others have left since `start`."""
    draw = random.Random(f"{seed} people {company}")
    team_count = max(1, min(teams, len(names.TEAMS), count // 4))
    leads = team_count if count >= 4 else 0
    sellers = count - leads - (1 if count >= 8 else 0)
    staff: list[Person] = []
    taken: set[str] = set()
    for index in range(count):
        first, last, email = _name(draw, index, taken)
        team, title, manager = _place(index, sellers, leads, team_count, count)
        hired = start - timedelta(days=draw.randint(30, 2_500)) if draw.random() < 0.85 else _day(draw, start, today)
        if index < len(names.SHARED_PEOPLE):  # one person, one first day, wherever they sell
            hired = start - timedelta(days=900 + 37 * index)
        leaves = draw.random() < 0.08 and 3 <= index < sellers
        left = max(hired, _day(draw, start, today)) if leaves else None
        staff.append(Person(index, first, last, email, team, manager, title, not leaves, hired, left, index < sellers))
    return staff


def _name(draw: random.Random, index: int, taken: set[str]) -> tuple[str, str, str]:
    first, last = draw.choice(names.FIRST_NAMES), draw.choice(names.LAST_NAMES)
    if index < len(names.SHARED_PEOPLE):
        first, last = names.SHARED_PEOPLE[index]
    local = f"{_plain(first)}.{_plain(last)}"
    namesakes = sum(1 for other in taken if other.rstrip("0123456789") == local)
    local += str(namesakes + 1) if namesakes else ""
    taken.add(local)
    return first, last, f"{local}@example.com"


def _plain(name: str) -> str:
    """The name as it stands in an email address."""
    letters = unicodedata.normalize("NFKD", name.translate(str.maketrans("łŁøØıß", "lLoOis")))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha()).lower()


def _place(index: int, sellers: int, leads: int, teams: int, count: int) -> tuple[str, str, int | None]:
    head = count - 1 if count > sellers + leads else None
    if index < sellers:
        lead = sellers + index % teams if leads else None
        title = ("Account Executive", "Senior Account Executive", "Account Manager")[index % 3]
        return names.TEAMS[index % teams], title, lead
    if index < sellers + leads:
        return names.TEAMS[index - sellers], "Sales Manager", head
    return names.TEAMS[0], "VP Sales", None


def _day(draw: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=draw.randrange(max(1, (last - first).days)))
