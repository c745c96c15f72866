"""What every command shares: the options, and what becomes of an error."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from attain.cli.output import DONE, INTERRUPTED, PROBLEMS_FOUND, TRY_LATER, WRONG_USAGE, Output, problems_as_json
from attain.database import DatabaseUnusable
from attain.wiring import Unusable, WrongUsage
from connectors.base import FixSettings, RejectedRecord, StopRun, TryLater
from problems import Problem


def command(function: Callable[..., int | None]) -> Callable[..., None]:
    """Give a command `--config` and `--json`, and turn what it raises into a message and an exit code.

    The wrapped function gets `config: Path | None` and `output: Output`; it returns an exit code, None is done.
    """

    @click.option("--config", type=click.Path(path_type=Path), help="Settings file. Default: ./config.toml.")
    @click.option("--json", "json_wanted", is_flag=True, help="One JSON document on stdout instead of tables.")
    @functools.wraps(function)
    def wrapped(*args: Any, config: Path | None, json_wanted: bool, **options: Any) -> None:
        output = Output(json_wanted=json_wanted, lists_all=_lists_all())
        sys.exit(guarded(output, lambda: function(*args, config=config, output=output, **options)))

    return wrapped


_STORES_PROBLEMS = ("sync", "pull", "calculate", "write-back", "status")


def _lists_all() -> str:
    """The command that shows every problem: `attain status` where they are stored, else the same one with --json."""
    context = click.get_current_context()
    stored = context.info_name in _STORES_PROBLEMS
    return "attain status --json" if stored else f"{context.command_path} --json"


def connection_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--connection NAME`, several times; none is all."""
    return click.option(
        "--connection", "connections", multiple=True, metavar="NAME", help="Only this connection; may be repeated."
    )(function)


def guarded(output: Output, work: Callable[[], int | None]) -> int:
    """Do the work; what it raises becomes a message with its next step, and an exit code."""
    try:
        return work() or DONE
    except KeyboardInterrupt:
        return _fail(output, [_interrupted()], INTERRUPTED)
    except Unusable as error:
        return _fail(output, list(error.problems), WRONG_USAGE if isinstance(error, WrongUsage) else PROBLEMS_FOUND)
    except (FixSettings, DatabaseUnusable) as error:
        return _fail(output, [Problem("attain", "", str(error), error.hint)], PROBLEMS_FOUND)
    except TryLater as error:
        return _fail(output, [_try_later(error)], TRY_LATER)
    except OperationalError as error:
        return _fail(output, [_of_database(error)], TRY_LATER)
    except (StopRun, RejectedRecord) as error:
        hint = "What was committed stays. Run the command again; if it stops again, tell the CRM's admin."
        return _fail(output, [Problem("attain", "", str(error), hint)], PROBLEMS_FOUND)


def _interrupted() -> Problem:
    hint = "What was committed stays, page by page. Run the same command again: it goes on where it stopped."
    return Problem("attain", "", "stopped by Ctrl-C.", hint)


def _of_database(error: OperationalError) -> Problem:
    """What the database said, without the values it was asked with: they may be pay."""
    diag = getattr(error.orig, "diag", None)
    said = getattr(diag, "message_primary", None) or "the connection to the database was lost"
    hint = (
        "Everything up to the last whole page is stored. See that the disk has room and no other attain process hangs,"
    )
    return Problem("database", "", f"{said}.", f"{hint} then run the same command again.")


def _try_later(error: TryLater) -> Problem:
    when = f"in {int(error.retry_after.total_seconds())} seconds" if error.retry_after else "in a few minutes"
    return Problem("attain", "", str(error), f"Run the same command again {when}; it goes on where it stopped.")


def _fail(output: Output, problems: list[Problem], code: int) -> int:
    output.document({"ok": False, "problems": problems_as_json(problems)})
    output.problems(problems)
    return code
