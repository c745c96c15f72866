"""Random edits of every kind of fact, as people and CRMs make them, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection

from problems import Problem
from spm.plans import PlanVersion, load_plan, plan_version
from spm.store.adjustments import Wish, adjust
from spm.store.by_hand import apply_absences, apply_entries, apply_hierarchy, apply_line_items, apply_payments
from spm.store.facts import mark_gone, replace_children, store_page
from spm.store.reference import apply_assignments, apply_fx_rates, apply_plans, apply_quotas
from tests.spm.store.pages import deals, page, people, person
from tests.sync.company import Company

NAMES = ("ann", "bob", "cy", "dee", "eve")
_DEALS = tuple(f"d{number}" for number in range(1, 9))
_TEAMS = ("West", "East")
_FIRST = date(2025, 1, 1)
_LIKES = {
    "ann": ("Spif", "Team", "Held", "By hand"),
    "bob": ("Team", "Spif", "By hand", "Held"),
    "cy": ("By hand", "Held", "Spif"),
    "dee": ("Manager", "Team", "Spif"),
    "eve": ("Overlay", "Manager", "Held"),
}
"""The plans that each is put on at first: the first of them that is in force."""

PLANS: Mapping[str, str] = {
    "Own": """
[[components]]
name = "Sales"
tier_mode = "whole_amount"
tier_by = "attainment"
tiers = [{ to = 1, rate = "5 %" }, { rate = "8 %" }]
[proration]
by = "calendar_days"
""",
    "Manager": """
[[components]]
name = "Team sales"
accumulate = "quarter"
tier_mode = "marginal"
tier_by = "amount"
tiers = [{ to = 3000, rate = "1 %" }, { rate = "2 %" }]
roll_up = { to = "manager", levels = "all" }

[[components]]
name = "Override"
source = "earnings"
accumulate = "month"
roll_up = { to = "manager", own = false }
rate = "10 %"
""",
    "Team": """
[[components]]
name = "Team sales"
accumulate = "quarter"
roll_up = { to = "team" }
rate = "1 %"

[[components]]
name = "Pool"
accumulate = "month"
pool = { divided = "equally", rate = "3 %" }
""",
    "Spif": """
[[components]]
name = "Spif"
rate = "10 %"
budget = 250
""",
    "Overlay": """
[[components]]
name = "Overlay"
role = "overlay"
credit = [{ to = "eve@example.com", share = "20 %", condition = "deal_type = 'New'" }]
rate = "10 %"
""",
    "Held": """
[draw]
amount = 50
recoverable = true

[[components]]
name = "Sales"
rate = "10 %"
hold = { release = "payment" }
clawback = { on = "refund", within_days = 90 }
""",
    "By hand": """
[[components]]
name = "Objectives"
source = "entries"
measure = "mbo"
unit = "number"
accumulate = "month"
per_unit = 100

[[components]]
name = "Meetings"
source = "activities"
condition = "done"
accumulate = "year"
per_unit = 5

[[components]]
name = "Cloud"
source = "line_items"
condition = "family = 'Cloud'"
rate = "3 %"

[[components]]
name = "Cash"
source = "payments"
condition = "kind = 'payment'"
rate = "1 %"
""",
}
"""A plan of each kind that lets pay hang on something else."""


def versions(folder: Path) -> dict[str, PlanVersion]:
    """The plans, and of each another with other rates, as `NAME'`."""
    found = {}
    for name, text in PLANS.items():
        for mark, body in (
            ("", text),
            ("'", text.replace("10 %", "12 %").replace("1 %", "1.5 %").replace("= 5", "= 6")),
        ):
            path = folder / "plan.toml"
            path.write_text(f'name = "{name}"\ncurrency = "USD"\n{body}', encoding="utf-8")
            loaded = load_plan(path)
            assert loaded.plan, loaded.problems
            found[name + mark] = plan_version(loaded.plan)
    return found


@dataclass
class Edits:
    """Edits of a company, drawn from `random`; each runs in a transaction of its own."""

    company: Company
    random: Random
    plans: Mapping[str, PlanVersion]
    files: dict[str, list[str]] = field(default_factory=dict)
    marks: dict[str, str | None] = field(default_factory=dict)
    rows: dict[str, list[str]] = field(default_factory=dict)
    spells: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Three kinds of plan in a history: with all of them, all people always hang together."""
        self.kinds = ["Own", *self.random.sample([name for name in PLANS if name != "Own"], 3)]
        self.marks = dict.fromkeys(self.kinds, "")

    def begin(self) -> None:
        """Ann, Bob and Cy report to Dee, and she to Eve; each is on a plan that makes something of it, and sells."""
        boss = {"ann": "dee", "bob": "dee", "cy": "dee", "dee": "eve"}
        teams = {"ann": "West", "bob": "West", "cy": "East", "dee": "West", "eve": "East"}
        staff = [self._person(name, manager_owner_id=boss.get(name), team=teams[name]) for name in NAMES]
        for name, plans in _LIKES.items():
            plan = next((plan for plan in plans if plan in self.kinds), "Own")
            self.rows[name] = [f"{name}@example.com,{plan},2025-01-01,"]
        with self.company.engine.begin() as conn:
            self._page(conn, "participant", people(*staff))
            self._in_force(conn)
            self._assigned(conn)
            self.deal(conn, *_DEALS)

    def once(self) -> None:
        """One edit of any kind."""
        kinds: Sequence[Callable[[Connection], None]] = (
            self.person,
            *[self.deal] * 4,
            self.gone,
            self.split,
            self.activity,
            self.rule,
            self.assignments,
            self.quotas,
            self.rates,
            self.hierarchy,
            self.absences,
            *[self.entries] * 2,
            *[self.payments] * 3,
            self.line_items,
            self.adjustment,
        )
        with self.company.engine.begin() as conn:
            self.random.choice(kinds)(conn)

    def _page(self, conn: Connection, entity: str, frame: Any, source: str = "") -> None:
        company = self.company
        store_page(conn, company.connection, entity, frame, now=company.now, seen_at=None, source=source)

    def _file(self, kind: str, header: str, rows: Sequence[str]) -> list[Path]:
        path = self.company.folder / f"{kind}.csv"
        path.write_text("\n".join([header, *dict.fromkeys(rows)]), encoding="utf-8")
        return [path]

    def _day(self) -> date:
        return _FIRST + timedelta(days=self.random.randrange(450))

    def _email(self) -> str:
        return f"{self.random.choice(NAMES)}@example.com"

    def _kept(self, kind: str, rows: Sequence[str], most: int = 6) -> list[str]:
        """The rows of a file, some of the old ones and these."""
        old = [row for row in self.files.get(kind, []) if self.random.random() < 0.8]
        self.files[kind] = [*old, *rows][-most:]
        return self.files[kind]

    def person(self, conn: Connection) -> None:
        """The CRM says something else of somebody."""
        manager, team = self.random.choice([None, *NAMES]), self.random.choice([None, *_TEAMS])
        row = self._person(self.random.choice(NAMES), manager_owner_id=manager, team=team)
        self._page(conn, "participant", people(row))

    def _person(self, name: str, **more: Any) -> dict[str, Any]:
        hired = self.random.choice([None, None, self._day()])
        return person(f"{name}@example.com", name, hire_date=hired, **more)

    def deal(self, conn: Connection, *crm_ids: str) -> None:
        choice = self.random.choice
        rows = [
            {
                "id": crm_id,
                "owner_id": choice([*NAMES, "nobody"]),
                "amount": Decimal(self.random.randrange(-500, 4000)),
                "currency": choice(["USD", "USD", "EUR"]),
                "close_date": self._day(),
                "status": choice(["won", "won", "won", "open", "lost"]),
                "deal_type": choice(["New", "Renewal"]),
            }
            for crm_id in crm_ids or [choice(_DEALS)]
        ]
        self._page(conn, "deal", deals(*rows))

    def gone(self, conn: Connection) -> None:
        mark_gone(conn, self.company.connection, "deal", [self.random.choice(_DEALS)], now=self.company.now)

    def split(self, conn: Connection) -> None:
        deal, parts = self.random.choice(_DEALS), self.random.sample(NAMES, 2)
        by_amount = self.random.random() < 0.3
        rows = [
            {
                "id": f"{deal} {name}",
                "deal_id": deal,
                "owner_id": name,
                "share": None if by_amount else Decimal("0.5"),
                "amount": Decimal(100) if by_amount else None,
                "role": self.random.choice(["revenue", "revenue", "overlay"]),
            }
            for name in parts[: self.random.randrange(3)]
        ]
        frame = page("deal_split", *rows)
        replace_children(conn, self.company.connection, "deal_split", [deal], frame, now=self.company.now)

    def activity(self, conn: Connection) -> None:
        row = {
            "id": self.random.choice(["a1", "a2", "a3"]),
            "type": "meeting",
            "owner_id": self.random.choice(NAMES),
            "happened_on": self._day(),
            "done": self.random.random() < 0.7,
        }
        self._page(conn, "activity", page("activity", row), "Event")

    def rule(self, conn: Connection) -> None:
        """Another version of a plan comes into force, or the plan is in force no longer."""
        name = self.random.choice(self.kinds)
        self.marks[name] = self.random.choice(["", "'", "'", None])
        self._in_force(conn)

    def _in_force(self, conn: Connection) -> None:
        self.company.plans = [self.plans[name + mark] for name, mark in self.marks.items() if mark is not None]
        self._done(apply_plans(conn, self.company.plans, now=self.company.now))

    def assignments(self, conn: Connection) -> None:
        """Somebody, or a team, is on one plan and later on another; all others are on plans of their own."""
        who = self.random.choice([*NAMES, *(f"team:{team}" for team in _TEAMS)])
        first, second, change = self.random.choice(self.kinds), self.random.choice(self.kinds), self._day()
        said = who if ":" in who else f"{who}@example.com"
        self.rows[who] = [f"{said},{first},2025-01-01,{change}", f"{said},{second},{change + timedelta(days=1)},"]
        self._assigned(conn)

    def _assigned(self, conn: Connection) -> None:
        rows = ["*,Own,2025-01-01,", *(row for each in self.rows.values() for row in each)]
        apply_assignments(conn, self._file("who", "who,plan,starts_on,ends_on", rows), now=self.company.now)

    def quotas(self, conn: Connection) -> None:
        who = {*self.random.sample([f"{name}@example.com" for name in NAMES], 3), "team:West"}
        rows = [f"{one},2025-01-01,2026-12-31,{self.random.randrange(1, 9)}000" for one in sorted(who)]
        self._done(
            apply_quotas(conn, self._file("quotas", "email,starts_on,ends_on,amount", rows), now=self.company.now)
        )

    def rates(self, conn: Connection) -> None:
        days = {self._day() for _ in range(self.random.randrange(3))}
        rows = [f"USD,EUR,0.{self.random.randrange(5, 10)},{day}" for day in sorted(days)]
        self._done(
            apply_fx_rates(conn, self._file("rates", "base,currency,rate,starts_on", rows), now=self.company.now)
        )

    def hierarchy(self, conn: Connection) -> None:
        """The file names somebody and two managers and teams of theirs, or no longer does."""
        name, change = self.random.choice(NAMES), self._day()
        self.spells[name] = []
        for days in (f",{change}", f"{change + timedelta(days=1)},")[: self.random.choice([0, 2, 2])]:
            manager = self.random.choice(["", *(f"{each}@example.com" for each in NAMES if each != name)])
            self.spells[name].append(f"{name}@example.com,{manager},{self.random.choice(['', *_TEAMS])},{days}")
        rows = [row for each in self.spells.values() for row in each]
        header = "email,manager,team,starts_on,ends_on"
        self._done(apply_hierarchy(conn, self._file("hierarchy", header, rows), now=self.company.now))

    def absences(self, conn: Connection) -> None:
        rows = []
        for name in self.random.sample(NAMES, 2):
            day = self._day()
            rows.append(f"{name}@example.com,{day},{day + timedelta(days=self.random.randrange(40))}")
        self._done(apply_absences(conn, self._file("absences", "email,starts_on,ends_on", rows), now=self.company.now))

    def entries(self, conn: Connection) -> None:
        row = f"{self._email()},mbo,{self._day()},0.{self.random.randrange(1, 10)},{self.company.ticks}"
        rows = self._kept("entries", [row])
        self._done(
            apply_entries(conn, self._file("entries", "email,measure,on,value,item", rows), now=self.company.now)
        )

    def payments(self, conn: Connection) -> None:
        deal, kind = self.random.choice(_DEALS), self.random.choice(["payment", "payment", "refund"])
        amount = self.random.choice(["", str(self.random.randrange(1, 2000))])
        rows = self._kept("payments", [f"{deal},{self._day()},{kind},{amount},{self.company.ticks}"], 10)
        header = "deal,on,kind,amount,item"
        self._done(apply_payments(conn, self._file("payments", header, rows), now=self.company.now))

    def line_items(self, conn: Connection) -> None:
        deal, family = self.random.choice(_DEALS), self.random.choice(["Cloud", "Device"])
        rows = self._kept("items", [f"acme:{deal},{self.company.ticks},{family},{self.random.randrange(1, 9)},100"])
        header = "deal,item,family,quantity,price"
        self._done(apply_line_items(conn, self._file("items", header, rows), now=self.company.now))

    def adjustment(self, conn: Connection) -> None:
        period = f"2025-{self.random.randrange(1, 13):02}"
        adjust(conn, Wish(self._email(), period, Decimal(7), "a test", "Ann Lee", "USD"), now=self.company.now)

    def _done(self, problems: Sequence[Problem]) -> None:
        assert not [problem for problem in problems if problem.severity == "error"], problems
