"""`attain demo`: the whole job on this machine, in a minute, with nobody's data."""

from __future__ import annotations

from pathlib import Path

import click

from attain.cli.output import DONE, PROBLEMS_FOUND, Output


@click.command(epilog="Example: attain demo --salesforce-deals 500 --hubspot-deals 300")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
@click.option("--salesforce-deals", type=int, default=None, help="Default: 5,000.")
@click.option("--hubspot-deals", type=int, default=None, help="Default: 3,000.")
@click.option("--seed", type=int, default=7, show_default=True)
def demo(folder: Path, salesforce_deals: int | None, hubspot_deals: int | None, seed: int) -> None:
    """Run the main job against two sandboxes; ends by itself, non-zero where a figure does not match.

    The folder is emptied first and left for you to look at: `attain explain --config var/demo/config.toml ...`.
    """
    from attain.demo import DemoFailed, DemoOptions, run_demo

    output = Output()
    try:
        run_demo(DemoOptions(folder.resolve(), salesforce_deals, hubspot_deals, seed), output)
    except DemoFailed as error:
        output.aside.print(f"[red]The demo failed:[/red] {error}")
        raise SystemExit(PROBLEMS_FOUND) from error
    raise SystemExit(DONE)
