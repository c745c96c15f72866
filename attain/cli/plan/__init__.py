"""`attain plan`: compensation plans checked, tried, compared and put in force."""

from __future__ import annotations

import click

from attain.cli.plan.applying import apply_command
from attain.cli.plan.check import check_command
from attain.cli.plan.comparing import compare_command
from attain.cli.plan.showing import list_command, show_command
from attain.cli.plan.trying import try_command


@click.group()
def plan() -> None:
    """Compensation plans."""


for each in (check_command, try_command, apply_command, compare_command, show_command, list_command):
    plan.add_command(each)
