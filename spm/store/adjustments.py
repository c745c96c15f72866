"""Adjustments: what somebody decides to pay or take back by hand, with reason and author.

An adjustment goes to an open period and counts from the next calculation on. It is never edited: it is undone, which
keeps it, and another one is made. Both are entries of the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from problems import Problem, did_you_mean
from spm.store.audit import Deed, append
from spm.store.closed import is_closed
from spm.store.closing import find_period
from spm.store.marks import mark_participants
from spm.store.results import find_participant, participant_emails


@dataclass(frozen=True, slots=True)
class Wish:
    """An adjustment as somebody asks for it. `currency` empty is that of the person's statements; `deal` is the CRM's
    id, `connection:id` where two connections know the id; `component` and `deal` may be empty."""

    email: str
    period: str
    amount: Decimal
    reason: str
    author: str
    currency: str = ""
    component: str = ""
    deal: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """An adjustment that was made: its number, its currency, and whether the person has a statement to show it."""

    id: int
    currency: str
    shown: bool


def adjust(conn: Connection, wish: Wish, *, now: datetime) -> Made | list[Problem]:
    """Make the adjustment, or say everything that stands in its way."""
    person = find_participant(conn, wish.email)
    problems = _problems(conn, wish, person)
    currency = wish.currency or (_currency(conn, person, wish.period) if person else "")
    deals = _deals(conn, wish.deal)
    if wish.deal and len(deals) != 1:
        problems.append(_of_deal(wish.deal, len(deals)))
    if person and not currency:
        said = f"{wish.email} has no statement that says which currency to use."
        problems.append(_fault("currency", said, "Name it: --currency EUR."))
    if problems or person is None:
        return problems
    values = {
        "person": person,
        "period": wish.period,
        "amount": wish.amount,
        "currency": currency,
        "component": wish.component or None,
        "deal": deals[0] if deals else None,
        "reason": wish.reason,
        "author": wish.author,
        "now": now,
    }
    number = int(conn.execute(text(_INSERT), values).scalar_one())
    detail = {"id": number, "email": wish.email.strip().lower(), "amount": f"{wish.amount:f}", "currency": currency}
    detail |= {"period": wish.period, "component": wish.component, "deal": wish.deal, "reason": wish.reason}
    append(conn, Deed("adjustment.add", str(number), detail, wish.author), now=now)
    _mark(conn, person, wish.period)
    return Made(number, currency, _statement(conn, person, wish.period) is not None)


_INSERT = """
INSERT INTO adjustment (participant_id, period, amount, currency, component, deal_id, reason, author, recorded_at)
VALUES (:person, :period, :amount, :currency, :component, :deal, :reason, :author, :now) RETURNING id
"""


def _problems(conn: Connection, wish: Wish, person: int | None) -> list[Problem]:
    problems = []
    if person is None:
        hint = did_you_mean(
            wish.email, participant_emails(conn), "Emails come from the CRM's users: run `attain sync`."
        )
        problems.append(_fault("email", f"nobody is known as {wish.email}.", hint))
    if find_period(conn, wish.period) is None:
        hint = "Write it as statements name it: 2026-03, 2026-Q1 or 2026. A new year is known once it is calculated."
        problems.append(_fault("period", f"there is no period {wish.period}.", hint))
    elif is_closed(conn, wish.period):
        hint = f"Adjust the open period instead, or `attain period reopen {wish.period} --by NAME --reason TEXT`."
        problems.append(_fault("period", f"the period {wish.period} is closed.", hint))
    if not wish.amount:
        problems.append(_fault("amount", "an adjustment of nothing changes nothing.", "Name an amount."))
    return problems


def _of_deal(said: str, found: int) -> Problem:
    if not found:
        return _fault("deal", f"no deal has the id {said!r}.", "Use the id that the CRM shows in the deal's address.")
    return _fault("deal", f"{found} deals have the id {said!r}.", "Name the connection as well: --deal acme:ID.")


def _fault(field: str, message: str, hint: str) -> Problem:
    return Problem("attain adjust", field, message, hint)


def _deals(conn: Connection, said: str) -> list[int]:
    if not said:
        return []
    query = """
        SELECT deal.id FROM deal JOIN connection ON connection.id = deal.connection_id
        WHERE deal.crm_id = :said OR connection.name || ':' || deal.crm_id = :said ORDER BY deal.id
    """
    return list(conn.scalars(text(query), {"said": said}))


def _currency(conn: Connection, person: int, period: str) -> str:
    """Of the statement of that period, else of the latest before or after it."""
    query = """
        SELECT statement.currency FROM statement JOIN period USING (period)
        WHERE participant_id = :person ORDER BY statement.period <> :period, ends_on DESC LIMIT 1
    """
    return str(conn.scalar(text(query), {"person": person, "period": period}) or "")


def _statement(conn: Connection, person: int, period: str) -> object:
    query = "SELECT 1 FROM statement WHERE participant_id = :person AND period = :period"
    return conn.scalar(text(query), {"person": person, "period": period})


def _mark(conn: Connection, person: int, period: str) -> None:
    found = find_period(conn, period)
    since: date | None = found["starts_on"] if found else None
    mark_participants(conn, [person], since, "adjustment")


def undo(conn: Connection, number: int, by: str, reason: str, *, now: datetime) -> Problem | None:
    """Take an adjustment back; it stays in the list with who took it back and why. Returns why that cannot be."""
    row = conn.execute(text("SELECT * FROM adjustment WHERE id = :id FOR UPDATE"), {"id": number}).one_or_none()
    if row is None:
        return _fault("id", f"there is no adjustment {number}.", "`attain adjust list` shows them.")
    if row.withdrawn_at is not None:
        return _fault("id", f"the adjustment {number} was undone already.", "`attain adjust list` shows by whom.")
    if is_closed(conn, row.period):
        hint = "Make another of the opposite amount in the open period."
        return _fault("period", f"the adjustment {number} was paid: its period {row.period} is closed.", hint)
    conn.execute(
        text("""
            UPDATE adjustment SET withdrawn_at = :now, withdrawn_by = :by, withdrawn_reason = :reason WHERE id = :id
        """),
        {"id": number, "now": now, "by": by, "reason": reason},
    )
    append(conn, Deed("adjustment.undo", str(number), {"id": number, "reason": reason}, by), now=now)
    _mark(conn, row.participant_id, row.period)
    return None


def adjustments(conn: Connection) -> list[dict[str, Any]]:
    """Every adjustment, undone ones too, with email and deal as people know them, in the order they were made."""
    query = """
        SELECT adjustment.id, participant.email, adjustment.period, adjustment.amount, adjustment.currency,
               adjustment.component, coalesce(deal.name, deal.crm_id) AS deal, adjustment.reason, adjustment.author,
               adjustment.recorded_at, withdrawn_at, withdrawn_by, withdrawn_reason
        FROM adjustment JOIN participant ON participant.id = adjustment.participant_id
        LEFT JOIN deal ON deal.id = adjustment.deal_id ORDER BY adjustment.id
    """
    return [dict(row) for row in conn.execute(text(query)).mappings()]
