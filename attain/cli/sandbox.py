"""`attain sandbox`: a stand-in for a CRM on this machine, with a year of sales."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click

from sandbox.options import SandboxOptions


class Day(click.ParamType[date]):
    """A day as 2026-01-31."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it."""
        try:
            return value if isinstance(value, date) else datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-01-31", param, ctx)


@click.command(epilog="Example: attain sandbox salesforce --port 8801 --deals 500")
@click.argument("crm", type=click.Choice(["salesforce", "hubspot"]))
@click.option("--port", type=int, default=None, help="Default: 8801 for Salesforce, 8802 for HubSpot.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same data.")
@click.option("--deals", type=int, default=None, help="Default: 5,000 for Salesforce, 3,000 for HubSpot.")
@click.option("--users", type=int, default=None, help="Default: 40 for Salesforce, 15 for HubSpot.")
@click.option("--activities", type=int, default=None, help="Default: 20,000 for Salesforce, 8,000 for HubSpot.")
@click.option("--start", type=Day(), default=None, help="First day of the data. Default: a year before --today.")
@click.option("--today", type=Day(), default=None, help="The sandbox's day. Default: today.")
def sandbox(crm: str, port: int | None, **options: Any) -> None:
    """Serve a Salesforce or HubSpot stand-in over HTTP until stopped.

    It has a control API under /_sandbox: requests received, edits as a person would make them, faults, the clock.
    See docs/sandbox.md.
    """
    from sandbox.__main__ import serve_until_stopped

    default_port = 8801 if crm == "salesforce" else 8802
    serve_until_stopped(crm, SandboxOptions(port=default_port if port is None else port, **options))
