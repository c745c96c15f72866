"""The command line. Commands are `noun verb` or one verb; every one has an example and those that report `--json`.

A command is imported when it is called: `attain --help` answers at once, however much the commands need.
"""

from __future__ import annotations

from importlib import import_module

import click

_COMMANDS = {
    "check": ("attain.cli.check:check", "Are settings, sign-in and mapped fields good."),
    "provision": ("attain.cli.provision:provision", "Create the fields Attain writes to. Safe to repeat."),
    "sync": ("attain.cli.sync:sync", "Pull, calculate and write back."),
    "pull": ("attain.cli.sync:pull_command", "Read what changed in the CRMs."),
    "calculate": ("attain.cli.sync:calculate_command", "Calculate who is touched by a change."),
    "write-back": ("attain.cli.sync:write_back_command", "Write what differs to the CRMs."),
    "status": ("attain.cli.status:status", "Last runs, open problems, refused writes."),
    "explain": ("attain.cli.explain:explain", "Every cent of one person's period."),
    "statement": ("attain.cli.statement:statement", "What was paid, as it was known on a day."),
    "period": ("attain.cli.period:period", "Close a period; verify and reopen closed ones."),
    "adjust": ("attain.cli.adjust:adjust", "Pay or take back an amount by hand."),
    "audit": ("attain.cli.audit:audit", "Who changed what; proof that the log is whole."),
    "mapping": ("attain.cli.mapping:mapping", "Check mappings; preview real records."),
    "plan": ("attain.cli.plan:plan", "Check compensation plans."),
    "db": ("attain.cli.database:db", "Upgrade the database."),
    "sandbox": ("attain.cli.sandbox:sandbox", "Serve a stand-in for Salesforce or HubSpot."),
    "demo": ("attain.cli.demo:demo", "The whole job on this machine, in a minute."),
}
"""Name of the command, where it is, and what `attain --help` says of it."""


class _Commands(click.Group):
    """Looks commands up by name, and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of their use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> object:
        """Ctrl-C anywhere is the shell's exit code 130, never a traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped by Ctrl-C.", err=True)
            raise SystemExit(130) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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
    Exit codes: 0 done, 1 problems found, 2 wrong usage, 3 try later, 130 stopped by Ctrl-C.
    """
