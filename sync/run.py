"""A step of a connection from start to finish: its lock, its row in `sync_run`, and what its errors mean.

An error of one connection ends that connection's step and is part of its report; the other connections go on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy import Engine, text

from connectors.base import ConnectorError, FixSettings, TryLater
from problems import Problem
from spm.store.connections import finish_run, replace_problems, start_run
from sync.link import Link, readings
from sync.progress import Progress
from sync.pull import Pulled, pull_object
from sync.write_back import WriteOptions, WrittenBack, write_back

log = structlog.get_logger()

State = Literal["done", "try_later", "fix_settings", "stopped"]


@dataclass(frozen=True, slots=True)
class StepReport:
    """How one step of one connection went. `calls` are HTTP calls by name, of this step alone."""

    connection: str
    step: str
    state: State = "done"
    message: str = ""
    hint: str = ""
    retry_after: timedelta | None = None
    pulled: tuple[Pulled, ...] = ()
    written: tuple[WrittenBack, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Work:
    """What a step collects as it goes, kept when it is cut short."""

    pulled: list[Pulled] = field(default_factory=list)
    written: list[WrittenBack] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Busy(TryLater):
    """Another process works on the same connection."""


def pull(engine: Engine, link: Link, *, now: datetime, full: bool, progress: Progress) -> StepReport:
    """Read everything the mapping asks for, object by object."""

    def work(done: _Work) -> None:
        ready, problems = readings(link)
        done.problems += problems
        with engine.begin() as conn:
            replace_problems(conn, f"{link.name} mapping", problems, now=now)
        for reading in ready:
            done.pulled += pull_object(engine, link, reading, now=now, full=full, progress=progress)
        if any(problem.severity == "error" for problem in problems):
            raise FixSettings(
                f"connection {link.name}: a part of the mapping cannot be read.",
                hint="Mend what is named at the mapping's lines, then run `attain sync`.",
            )

    return _step(engine, link, "pull", work, now=now)


def push(engine: Engine, link: Link, options: WriteOptions, progress: Progress) -> StepReport:
    """Write what differs."""

    def work(done: _Work) -> None:
        done.written += write_back(engine, link, options, progress)
        found = [problem for written in done.written for problem in written.problems]
        done.problems += found
        with engine.begin() as conn:
            replace_problems(conn, f"{link.name} write-back", found, now=options.now)

    return _step(engine, link, "write-back", work, now=options.now)


def _step(engine: Engine, link: Link, step: str, work: Callable[[_Work], None], *, now: datetime) -> StepReport:
    try:
        return _alone_step(engine, link, step, work, now=now)
    except Busy as error:
        state, message, hint, retry_after = _meaning(error)
        return StepReport(link.name, step, state, message, hint, retry_after)


def _alone_step(engine: Engine, link: Link, step: str, work: Callable[[_Work], None], *, now: datetime) -> StepReport:
    before = Counter(link.connector.calls())
    done, started = _Work(), time.monotonic()
    state: State = "done"
    message, hint, retry_after = "", "", None
    with _alone(engine, link):
        with engine.begin() as conn:
            run_id = start_run(conn, step, connection_id=link.connection_id, now=now)
        try:
            work(done)
        except ConnectorError as error:
            state, message, hint, retry_after = _meaning(error)
            log.info("step.stopped", connection=link.name, step=step, state=state, message=message)
        except KeyboardInterrupt:
            _finish(engine, run_id, "failed", done, {}, "stopped by Ctrl-C; the next run goes on after the last page")
            raise
        except BaseException:
            _finish(engine, run_id, "failed", done, {}, "stopped by an error that nobody expected; see the log")
            raise
        calls = Counter(link.connector.calls()) - before
        _finish(engine, run_id, state, done, dict(calls), message)
    return StepReport(
        link.name,
        step,
        state,
        message,
        hint,
        retry_after,
        tuple(done.pulled),
        tuple(done.written),
        dict(calls),
        time.monotonic() - started,
        tuple(done.problems),
    )


def _meaning(error: ConnectorError) -> tuple[State, str, str, timedelta | None]:
    match error:
        case TryLater():
            return (
                "try_later",
                str(error),
                "Run the same command again later; it goes on where it stopped.",
                error.retry_after,
            )
        case FixSettings():
            return "fix_settings", str(error), error.hint, None
        case _:
            return (
                "stopped",
                str(error),
                "What was committed stays. Run again; if it stops again, tell the CRM's admin.",
                None,
            )


def _finish(engine: Engine, run_id: int, state: str, done: _Work, calls: dict[str, int], message: str) -> None:
    counts = {
        "records": sum(pulled.records for pulled in done.pulled),
        "new": sum(pulled.new for pulled in done.pulled),
        "changed": sum(pulled.changed for pulled in done.pulled),
        "gone": sum(pulled.gone for pulled in done.pulled),
        "confirmed": sum(written.confirmed for written in done.written),
        "rejected": sum(written.rejected for written in done.written),
    }
    with engine.begin() as conn:
        finish_run(conn, run_id, state, counts=counts, calls=calls, message=message, now=datetime.now(UTC))


@contextmanager
def _alone(engine: Engine, link: Link) -> Iterator[None]:
    """One process a connection: a session lock of PostgreSQL, gone with the process that held it."""
    key = f"attain connection {link.connection_id}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        if not conn.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), {"key": key}):
            raise Busy(
                f"another attain process is working on connection {link.name}.", retry_after=timedelta(seconds=30)
            )
        try:
            yield
        finally:
            conn.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), {"key": key})
