"""`attain plan`: compensation plans checked, tried, compared and put in force."""

from __future__ import annotations

import click

from attain.cli.plan.check import check_command
from attain.cli.plan.trying import try_command


@click.group()
def plan() -> None:
    """Compensation plans."""


plan.add_command(check_command)
plan.add_command(try_command)
