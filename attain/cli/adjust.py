"""`attain adjust`: pay or take back an amount by hand, in an open period, with reason and author."""

from __future__ import annotations

import re
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.wiring import database, open_house
from problems import Problem
from spm import wording
from spm.store.adjustments import Made, Wish, adjustments, undo
from spm.store.adjustments import adjust as make

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")


class _Amount(click.ParamType[Decimal]):
    """An exact amount: digits with a point."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Raises click's error for anything that is no exact amount."""
        if not _AMOUNT.fullmatch(str(value)):
            self.fail(f"{value!r} is no amount. Write digits with a point, such as 250.00 or -250.00.", param, ctx)
        return Decimal(str(value))


class _Group(click.Group):
    """`attain adjust EMAIL ...` adds; `attain adjust list` and `undo` are commands of their own."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Whatever is no command is somebody's email."""
        known = args and args[0] in self.commands
        return super().resolve_command(ctx, args if known else ["add", *args])


_WHO = click.option("--by", required=True, metavar="NAME", help="Who decides it; kept in the audit log.")
_WHY = click.option("--reason", required=True, help="Why; it stands on the statement.")


@click.group(cls=_Group, epilog="Example: attain adjust jo@example.com 2026-03 250 --reason 'Late SPIF' --by 'Ann Lee'")
def adjust() -> None:
    """Pay or take back an amount by hand.

    \b
    attain adjust EMAIL PERIOD AMOUNT --reason TEXT --by NAME
    """


@adjust.command(
    "add",
    context_settings={"ignore_unknown_options": True},  # -250 is an amount
    epilog="Example: attain adjust add jo@example.com 2026-03 -250.00 --reason 'Paid twice' --by 'Ann Lee'",
)
@click.argument("email")
@click.argument("period")
@click.argument("amount", type=_Amount())
@_WHY
@_WHO
@click.option("--deal", default="", metavar="CRM_ID", help="The deal it is about.")
@click.option("--component", default="", metavar="NAME", help="The component of the plan it is about.")
@click.option("--currency", default="", metavar="CODE", help="Default: that of the person's statements.")
@command
def add(config: Path | None, output: Output, reason: str, by: str, **said: Any) -> int:
    """Add AMOUNT to what EMAIL is paid for PERIOD; below zero takes back. `add` may be left out."""
    empty = [
        Problem("attain adjust", name, "is empty.", "Say it in words.")
        for name, value in (("--reason", reason), ("--by", by))
        if not value.strip()
    ]
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        made = empty or make(conn, Wish(reason=reason.strip(), author=by.strip(), **said), now=house.now)
    if not isinstance(made, Made):
        return _refused(output, made)
    amount = f"{wording.amount(said['amount'])} {made.currency}"
    output.say(f"Adjustment {made.id}: {amount} for {said['email']} in {said['period']}.")
    if not made.shown:
        output.say("There is no statement for that period yet; it is paid with it once there is one.")
    output.say("Next: `attain calculate`, then `attain explain` shows it.")
    output.document({"ok": True, "id": made.id, "currency": made.currency, "statement": made.shown})
    return DONE


@adjust.command("list", epilog="Example: attain adjust list --json")
@command
def list_command(config: Path | None, output: Output) -> int:
    """List every adjustment, those that were undone too."""
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        found = adjustments(conn)
    columns = ("id", "who", "period", "amount", "about", "reason", "by", "when (UTC)", "undone")
    output.table(columns, [_row(one) for one in found], numbers=("id", "amount"))
    if not found:
        output.say("No adjustments.")
    output.document({"ok": True, "adjustments": found})
    return DONE


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    amount = f"{wording.amount(one['amount'])} {one['currency']}"
    about = ", ".join(part for part in (one["component"], one["deal"]) if part)
    undone = f"by {one['withdrawn_by']}: {one['withdrawn_reason']}" if one["withdrawn_at"] else ""
    when = f"{one['recorded_at'].astimezone(UTC):%Y-%m-%d %H:%M}"
    return one["id"], one["email"], one["period"], amount, about, one["reason"], one["author"], when, undone


@adjust.command("undo", epilog="Example: attain adjust undo 7 --by 'Ann Lee' --reason 'Entered twice'")
@click.argument("number", metavar="ID", type=int)
@_WHO
@_WHY
@command
def undo_command(number: int, by: str, reason: str, config: Path | None, output: Output) -> int:
    """Take the adjustment ID back, as long as its period is open."""
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        problem = undo(conn, number, by, reason, now=house.now)
    if problem is not None:
        return _refused(output, [problem])
    output.say(f"Adjustment {number} no longer counts. Next: `attain calculate`.")
    output.document({"ok": True, "id": number})
    return DONE


def _refused(output: Output, problems: list[Problem]) -> int:
    output.problems(problems)
    output.document({"ok": False, "problems": problems_as_json(problems)})
    return PROBLEMS_FOUND
