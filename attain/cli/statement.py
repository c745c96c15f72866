"""`attain statement`: what was paid, or would have been, as it was known on a day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.wiring import WrongUsage, database, open_house
from problems import Problem
from spm.store.closing import Close
from sync.replay import replay

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Moment(click.ParamType[datetime]):
    """A day, which means its end in UTC, or a moment; without a time zone it is in UTC."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Raises click's error for what is neither."""
        said = str(value)
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            self.fail(f"{said!r} is neither a day nor a moment. Write 2026-03-31 or 2026-03-31T18:00.", param, ctx)
        if _DAY.fullmatch(said):
            return datetime.combine(moment.date() + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command(epilog="Example: attain statement jo.doe@example.com 2026-03 --as-known-on 2026-04-05")
@click.argument("email")
@click.argument("period")
@click.option(
    "--as-known-on", "at", type=_Moment(), metavar="DAY", help="A day (its end in UTC) or a moment. Default: now."
)
@command
def statement(email: str, period: str, at: datetime | None, config: Path | None, output: Output) -> int:
    """Show what EMAIL was paid for PERIOD, or would have been, by the facts and plans known on a day.

    A period that was closed by then is shown as it was paid; an open one is calculated by what was known then.
    """
    house = open_house(config)
    now = house.now
    moment = _not_later(at, now)
    with database(house) as engine:
        found = replay(engine, house.settings.calendar, email, period, at=moment)
    if isinstance(found, Problem):
        output.problems([found])
        output.document({"ok": False, "as_known_on": moment, "problems": problems_as_json([found])})
        return PROBLEMS_FOUND
    output.say(found.explanation.text)
    output.say(_told(found.close, moment))
    closed = None if found.close is None else {"at": found.close.closed_at, "by": found.close.closed_by}
    output.document({"ok": True, "as_known_on": moment, "closed": closed, **found.explanation.figures})
    return DONE


def _not_later(at: datetime | None, now: datetime) -> datetime:
    """The moment asked for; of today, as far as it has come. Raises WrongUsage for a day to come."""
    if at is None:
        return now
    if at.astimezone(UTC).date() > now.date():
        said = f"{at.astimezone(UTC):%Y-%m-%d} is still to come."
        raise WrongUsage([Problem("--as-known-on", "", said, "Name today or a day before it.")])
    return min(at, now)


def _told(close: Close | None, moment: datetime) -> str:
    as_of = f"As known on {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if close is None:
        return f"{as_of}; the period was open: this is what would have been paid."
    return f"{as_of}; closed on {close.closed_at.astimezone(UTC):%Y-%m-%d} by {close.closed_by}: this is what was paid."
