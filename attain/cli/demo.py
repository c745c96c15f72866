"""`attain demo`: the whole job on this machine, in a minute, with nobody's data."""

from __future__ import annotations

from pathlib import Path

import click

from attain.cli.frame import guarded
from attain.cli.output import DONE, PROBLEMS_FOUND, Output
from problems import Problem


@click.command(epilog="Example: attain demo --salesforce-deals 500 --hubspot-deals 300")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
@click.option("--salesforce-deals", type=click.IntRange(min=100), default=None, help="Default: 5,000.")
@click.option("--hubspot-deals", type=click.IntRange(min=1), default=None, help="Default: 3,000.")
@click.option("--seed", type=int, default=7, show_default=True)
def demo(folder: Path, salesforce_deals: int | None, hubspot_deals: int | None, seed: int) -> None:
    """Run the main job against two sandboxes; ends by itself, non-zero where a figure does not match.

    The folder of an earlier demo is emptied first; it is left for you to look at:
    `attain status --config var/demo/config.toml` (its sandboxes are stopped by then).
    """
    from attain.demo import DemoFailed, DemoOptions, run_demo

    output = Output()
    options = DemoOptions(folder.resolve(), salesforce_deals, hubspot_deals, seed)

    def work() -> int:
        try:
            run_demo(options, output)
        except DemoFailed as error:
            output.problems([Problem("attain demo", "", str(error), error.hint)])
            return PROBLEMS_FOUND
        return DONE

    raise SystemExit(guarded(output, work))
