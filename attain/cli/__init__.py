"""The command line. Commands are `noun verb` or one verb; every one has an example and most have `--json`."""

from __future__ import annotations

import click

from attain.cli.check import check
from attain.cli.database import db
from attain.cli.demo import demo
from attain.cli.explain import explain
from attain.cli.mapping import mapping
from attain.cli.plan import plan
from attain.cli.provision import provision
from attain.cli.sandbox import sandbox
from attain.cli.status import status
from attain.cli.sync import calculate_command, pull_command, sync, write_back_command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="attain")
def main() -> None:
    """Quota attainment and commission inside Salesforce and HubSpot.

    \b
    First steps with your own CRMs:
      cp config.example.toml config.toml     and fill in one section per connection
      attain check                           is every setting good, does each CRM answer
      attain provision --dry-run             what would be created in the CRM
      attain provision
      attain sync --dry-run                  what would be written
      attain sync
    Exit codes: 0 done, 1 problems found, 2 wrong usage, 3 try later.
    """


for _command in (
    check,
    provision,
    sync,
    pull_command,
    calculate_command,
    write_back_command,
    status,
    explain,
    mapping,
    plan,
    db,
    sandbox,
    demo,
):
    main.add_command(_command)
