"""`attain sandbox`: a stand-in for a CRM on this machine, with a year of sales (docs/sandbox.md)."""

from __future__ import annotations

from collections.abc import Sequence

import click


@click.command(
    context_settings={"ignore_unknown_options": True},
    add_help_option=False,
    epilog="Example: attain sandbox salesforce --port 8801 --deals 500",
    short_help="Serve a stand-in for Salesforce or HubSpot.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: Sequence[str]) -> None:
    """Serve a Salesforce or HubSpot stand-in over HTTP until stopped: `attain sandbox --help` lists its options."""
    from sandbox.__main__ import main

    raise SystemExit(main(list(arguments), program="attain sandbox"))
