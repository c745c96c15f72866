"""What to look at before a period is closed: every finding at once, each with what to do.

Most can be waived with a reason, which is kept with the closing. What cannot is what would make a closing senseless.
The figures are those that are stored: calculate first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from spm import wording
from spm.plans.model import Plan
from spm.store.bulk import run
from spm.store.owners import OWNERS
from spm.store.plan_versions import load_plan_versions

CODES: Mapping[str, str] = {
    "nothing_to_close": "nobody has a statement for the period",
    "plan_faults": "a plan or a file of quotas, assignments or rates cannot be used",
    "not_over": "the period has not ended yet",
    "earlier_open": "the period before it is not closed",
    "sync_old": "a CRM was last read too long ago",
    "owner_unknown": "a won deal of an owner who is no participant",
    "credited_over": "a deal of which one component credits more than 100 %",
    "deal_twice": "two deals that look like one",
    "missing_rate": "a deal without an exchange rate",
    "tier_gap": "credits in a gap between tiers, which earn nothing",
    "negative_balance": "a payout below zero, or a draw that somebody who left has not paid back",
    "payout_share": "a deal that pays more than the share of it that is allowed",
    "cap_held": "earnings above a cap that wait for somebody's decision",
    "problem": "another open problem",
}
"""What the guard looks for, by the name that waives it."""
_NEVER_WAIVED = frozenset({"nothing_to_close", "plan_faults"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Settings: the share of a deal's value that it may pay all together, and how old a reading of a CRM may be."""

    payout_share: Decimal = Decimal("0.5")
    sync_hours: int = 24


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: what kind (CODES), about whom or what, in words, and the next step."""

    code: str
    where: str
    message: str
    hint: str

    @property
    def waivable(self) -> bool:
        """Whether somebody may close over it, saying why."""
        return self.code not in _NEVER_WAIVED


@dataclass(frozen=True, slots=True)
class Watch:
    """What is to be closed (period, kind, starts_on, ends_on) and when; `connections` are those in use."""

    period: Mapping[str, Any]
    limits: Limits
    connections: Sequence[str]
    today: date
    now: datetime

    @property
    def values(self) -> dict[str, Any]:
        """For the queries below."""
        share = self.limits.payout_share
        since = self.now - timedelta(hours=self.limits.sync_hours)
        return {**self.period, "share": share, "since": since, "connections": list(self.connections)}


def findings(conn: Connection, watch: Watch) -> list[Finding]:
    """Everything that speaks against closing the period, in the order of CODES."""
    found = [*_of_time(conn, watch), *_of_deals(conn, watch), *_of_statements(conn, watch), *_of_problems(conn, watch)]
    found += _of_gaps(conn, watch)
    order = list(CODES)
    return sorted(dict.fromkeys(found), key=lambda one: (order.index(one.code), one.where, one.message))


def _rows(conn: Connection, query: str, watch: Watch, **parts: sql.Composable) -> list[tuple[Any, ...]]:
    return run(conn, sql.SQL(query).format(**parts), watch.values)


_BEFORE = """
SELECT period FROM period WHERE kind = %(kind)s AND ends_on < %(starts_on)s
  AND EXISTS (SELECT FROM statement WHERE statement.period = period.period)
  AND NOT EXISTS (SELECT FROM period_close AS close WHERE close.period = period.period AND close.state = 'closed')
ORDER BY ends_on DESC LIMIT 1
"""
_READ = """
SELECT connection.name, (
    SELECT max(coalesce(finished_at, started_at)) FROM sync_run
    WHERE connection_id = connection.id AND step = 'pull' AND outcome = 'done'
) FROM connection WHERE connection.name = ANY(%(connections)s) ORDER BY connection.name
"""


def _of_time(conn: Connection, watch: Watch) -> Iterator[Finding]:
    name, last = watch.period["period"], watch.period["ends_on"]
    if not _rows(conn, "SELECT 1 FROM statement WHERE period = %(period)s LIMIT 1", watch):
        hint = "See that somebody is on a plan that pays by this kind of period, then run `attain sync`."
        yield Finding("nothing_to_close", name, f"nobody has a statement for {name}.", hint)
    if watch.today <= last:
        yield Finding("not_over", name, f"{name} ends on {last}; today is {watch.today}.", "Close it after that day.")
    for (before,) in _rows(conn, _BEFORE, watch):
        hint = f"Close it first: `attain period close {before} --by NAME`."
        yield Finding("earlier_open", before, f"{before} is not closed.", hint)
    read = dict(_rows(conn, _READ, watch))
    for connection in watch.connections:
        at = read.get(connection)
        if at is None or at < watch.values["since"]:
            when = f"was last read on {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "was never read to the end"
            hint = f"Run `attain sync --connection {connection}`."
            yield Finding("sync_old", connection, f"{connection} {when}.", hint)


_LOST = """
WITH owners AS ({owners})
SELECT connection.name || ' deal ' || deal.crm_id, coalesce(deal.name, deal.crm_id), deal.owner_id
FROM deal JOIN connection ON connection.id = deal.connection_id
LEFT JOIN owners USING (connection_id, owner_id)
WHERE deal.gone_at IS NULL AND deal.status = 'won' AND deal.close_date BETWEEN %(starts_on)s AND %(ends_on)s
  AND owners.participant_id IS NULL
  AND NOT EXISTS (SELECT FROM deal_split AS split
                  WHERE split.connection_id = deal.connection_id AND split.deal_crm_id = deal.crm_id
                    AND split.superseded_at IS NULL)
ORDER BY deal.id
"""
_OVER = """
WITH credit AS (
    SELECT DISTINCT plan, component, deal_id, item, participant_id, role, share FROM earning_line
    WHERE period = %(period)s AND cause = 'credit' AND deal_id IS NOT NULL AND from_participant_id IS NULL
      AND role IN ('owner', 'revenue', 'rule')
), total AS (
    SELECT plan, component, deal_id, item, sum(share) AS share,
           string_agg(email || ' ' || trim_scale(share * 100) || ' %%', ', ' ORDER BY email) AS who
    FROM credit JOIN participant ON participant.id = credit.participant_id
    GROUP BY plan, component, deal_id, item HAVING sum(share) > 1.001
)
SELECT connection.name || ' deal ' || deal.crm_id, coalesce(deal.name, deal.crm_id), total.plan, total.component,
       total.share, total.who
FROM total JOIN deal ON deal.id = total.deal_id JOIN connection ON connection.id = deal.connection_id
ORDER BY deal.id, total.plan, total.component
"""
_TWICE = """
SELECT string_agg(connection.name || ' deal ' || deal.crm_id, ' and ' ORDER BY deal.id), min(deal.name)
FROM deal JOIN connection ON connection.id = deal.connection_id
WHERE deal.gone_at IS NULL AND deal.status = 'won' AND deal.close_date BETWEEN %(starts_on)s AND %(ends_on)s
  AND deal.amount <> 0 AND deal.account IS NOT NULL
GROUP BY lower(deal.name), lower(deal.account), deal.amount, deal.currency, deal.close_date HAVING count(*) > 1
"""
_SHARE = """
WITH touched AS (
    SELECT DISTINCT deal_id FROM earning_line WHERE period = %(period)s AND deal_id IS NOT NULL
), paid AS (
    SELECT deal_id, currency, sum(amount) AS paid, max(abs(deal_amount * fx_rate)) AS value
    FROM earning_line JOIN touched USING (deal_id) GROUP BY deal_id, currency
)
SELECT connection.name || ' deal ' || deal.crm_id, coalesce(deal.name, deal.crm_id), paid.paid, paid.value,
       paid.currency
FROM paid JOIN deal ON deal.id = paid.deal_id JOIN connection ON connection.id = deal.connection_id
WHERE paid.paid > paid.value * %(share)s ORDER BY deal.id
"""


def _of_deals(conn: Connection, watch: Watch) -> Iterator[Finding]:
    for where, deal, owner in _rows(conn, _LOST, watch, owners=OWNERS):
        said = f"{deal} is won and belongs to {f'the owner {owner}' if owner else 'nobody'}, who is no participant."
        yield Finding("owner_unknown", where, said, "Give the deal another owner, or the owner an email, and sync.")
    for where, deal, plan, component, share, who in _rows(conn, _OVER, watch):
        said = f"{deal}: {component} ({plan}) credits {wording.percent(share)} of it: {who}."
        yield Finding("credited_over", where, said, "Correct owner and splits in the CRM, and sync.")
    for where, deal in _rows(conn, _TWICE, watch):
        said = f"{deal}: the same name, account, amount and day; it may be one deal that is credited twice."
        yield Finding("deal_twice", where, said, "Merge the two in the CRM, and sync.")
    for where, deal, paid, value, currency in _rows(conn, _SHARE, watch):
        limit = wording.percent(watch.limits.payout_share)
        said = f"{deal} pays {_money(paid, currency)} on {_money(value, currency)}: more than {limit}."
        yield Finding("payout_share", where, said, "`attain explain` shows the lines; the limit is close.payout_share.")


_NEGATIVE = """
SELECT email, payout, statement.currency FROM statement JOIN participant ON participant.id = participant_id
WHERE period = %(period)s AND payout < 0 ORDER BY email
"""
_DRAWN = """
SELECT email, draw_balance, statement.currency FROM statement JOIN participant ON participant.id = participant_id
WHERE period = %(period)s AND draw_balance > 0 AND leave_date <= %(ends_on)s ORDER BY email
"""
_HELD = """
SELECT email, component, sum(amount), earning_line.currency
FROM earning_line JOIN participant ON participant.id = participant_id
WHERE period = %(period)s AND cause = 'cap_held'
GROUP BY email, component, earning_line.currency HAVING sum(amount) <> 0 ORDER BY email, component
"""


def _of_statements(conn: Connection, watch: Watch) -> Iterator[Finding]:
    name = watch.period["period"]
    for email, payout, currency in _rows(conn, _NEGATIVE, watch):
        said = f"the payout of {email} is {_money(payout, currency)}."
        yield Finding(
            "negative_balance", email, said, f"See `attain explain {email} {name}`; agree how it is paid back."
        )
    for email, balance, currency in _rows(conn, _DRAWN, watch):
        said = f"{email} has left with a draw of {_money(balance, currency)} not recovered."
        yield Finding("negative_balance", email, said, "Agree how it is paid back.")
    for email, component, amount, currency in _rows(conn, _HELD, watch):
        said = f"{component} of {email}: {_money(abs(amount), currency)} above the cap wait for a decision."
        hint = f"To pay it: `attain adjust {email} {name} {abs(amount).normalize():f} --reason TEXT --by NAME`."
        yield Finding("cap_held", email, said, hint)


def _money(amount: Decimal, currency: str | None) -> str:
    return f"{wording.amount(amount)} {currency or ''}".strip()


_PROBLEMS = """
SELECT scope, place, field, message, hint FROM problem
WHERE severity = 'error' AND scope NOT LIKE '%% write-back' ORDER BY id
"""


def _of_problems(conn: Connection, watch: Watch) -> Iterator[Finding]:
    for scope, place, field, message, hint in _rows(conn, _PROBLEMS, watch):
        code = "problem"
        if scope == "calculation" and field == "currency":
            code = "missing_rate"
        elif scope == "plans and quotas":
            code = "plan_faults"
        yield Finding(code, place, message, hint)


_UNPAID = """
SELECT email, plan, plan_version, component, tier, sum(credited), earning_line.currency
FROM earning_line JOIN participant ON participant.id = participant_id
WHERE period = %(period)s AND cause = 'credit' AND tier > 1 AND rate = 0
GROUP BY email, plan, plan_version, component, tier, earning_line.currency ORDER BY email, component, tier
"""


def _of_gaps(conn: Connection, watch: Watch) -> Iterator[Finding]:
    """Credits in a tier that pays nothing although one below it pays: what `in_gap = "zero"` makes of a gap."""
    rows = _rows(conn, _UNPAID, watch)
    plans = {found.hash: found.plan for found in load_plan_versions(conn, sorted({row[2] for row in rows}))}
    for email, name, version, component, tier, credited, currency in rows:
        if version in plans and _is_gap(plans[version], component, tier):
            said = f"{component} of {email}: {_money(credited, currency)} lie in a gap between tiers and earn nothing."
            yield Finding("tier_gap", email, said, f"See `in_gap` and the tiers of the plan {name}.")


def _is_gap(plan: Plan, component: str, tier: int) -> bool:
    tiers = next((getattr(one.rate, "tiers", ()) for one in plan.components if one.name == component), ())
    return any(below.rate for below in tiers[: tier - 1])
