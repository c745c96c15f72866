"""Write-back: what was calculated against what the CRM holds; only the difference is sent, each row to an outcome.

Rows are in the outbox before they are sent. A row that never got its outcome (a killed process, a lost answer) is
settled by reading the record first, never by sending again blindly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import structlog
from sqlalchemy import Engine

from connectors.base import ID, ObjectSchema, Outcome, Write
from mappings import WriteField, WriteMapping, as_value, canonical, rendered
from problems import Problem
from spm.store.outbox import Queued, queue_writes, read_held, record_outcomes, refused, store_held, unsettled, withdraw
from spm.store.span import last_calculated
from spm.store.write_back import deal_results, participant_results
from sync.differences import Difference, differences
from sync.link import Link
from sync.progress import Progress

log = structlog.get_logger()

_CHUNK = 5_000
"""Rows queued, sent and settled together: bounds memory and what a killed process leaves to be read again."""


_WAITS_SECONDS = (1.0, 4.0)
"""Before a second and a third try of rows the CRM could not take just now; after that the next run tries."""


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """What became of one object's differences."""

    object_name: str
    wanted: int = 0
    confirmed: int = 0
    rejected: int = 0
    retry: int = 0
    unknown: int = 0
    parked: int = 0  # refused before with the same values, not tried again
    preview: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """`pay_on_shared_records`: fields marked as pay are written too. `dry_run`: nothing is sent or queued. `pause`
    waits so many seconds before another try."""

    today: date
    now: datetime
    pay_on_shared_records: bool
    dry_run: bool = False
    pause: Callable[[float], None] = time.sleep


def write_back(engine: Engine, link: Link, options: WriteOptions, progress: Progress) -> list[WrittenBack]:
    """Bring every target field of the connection to what was calculated; before anything was, nothing is known."""
    with engine.begin() as conn:
        if last_calculated(conn) is None:
            return []
    return [_write_section(engine, link, section, options, progress) for section in link.mapping.writes.values()]


def _write_section(
    engine: Engine, link: Link, section: WriteMapping, options: WriteOptions, progress: Progress
) -> WrittenBack:
    schema = link.connector.describe(section.object_name)
    usable, problems = _usable(link, section, schema, pay=options.pay_on_shared_records)
    done = WrittenBack(section.object_name, problems=tuple(problems))
    if not usable.fields:
        return done
    if not options.dry_run:
        _settle(engine, link, usable)
    wanted, clipped = _wanted(engine, link, usable, options)
    done = replace(done, wanted=len(wanted), problems=(*done.problems, *clipped))
    if options.dry_run:
        return replace(done, preview=tuple(wanted))
    with engine.begin() as conn:
        withdraw(conn, link.connection_id, section.object_name, [one.record_id for one in wanted])
    task = f"{link.name}: write {section.object_name}"
    progress.begin(task, len(wanted))
    try:
        for start in range(0, len(wanted), _CHUNK):
            done = _send(engine, link, usable, wanted[start : start + _CHUNK], options, done, (progress, task))
    finally:
        progress.end(task)
    return done


def _usable(
    link: Link, section: WriteMapping, schema: ObjectSchema, *, pay: bool
) -> tuple[WriteMapping, list[Problem]]:
    """The fields that are there to be written, without pay where pay is not to be shared."""
    chosen = section if pay else section.without_pay()
    there = tuple(field for field in chosen.fields if field.name in schema.fields)
    problems = [
        Problem(
            f"connection {link.name}",
            f"{section.object_name}.{field.name}",
            "the field to write is not in the CRM, or not visible to the user Attain signs in as.",
            "Run `attain provision`, then `attain sync`.",
        )
        for field in chosen.fields
        if field not in there
    ]
    return replace(chosen, fields=there), problems


def _names(section: WriteMapping) -> tuple[str, ...]:
    return tuple(field.name for field in section.fields)


def _settle(engine: Engine, link: Link, section: WriteMapping) -> None:
    """Rows whose outcome nobody knows: what the CRM holds now decides, so it is read."""
    with engine.begin() as conn:
        ids = unsettled(conn, link.connection_id, section.object_name)
    if not ids:
        return
    for page in link.connector.fetch(section.object_name, ids, _names(section)):
        with engine.begin() as conn:
            store_held(conn, link.connection_id, section.object_name, page.records.select(ID, *_names(section)))
    log.info("write_back.settled", connection=link.name, object=section.object_name, records=len(ids))


def _wanted(
    engine: Engine, link: Link, section: WriteMapping, options: WriteOptions
) -> tuple[list[Difference], tuple[Problem, ...]]:
    with engine.begin() as conn:
        if section.results == "deal":
            results = deal_results(conn, link.connection_id)
        else:
            results = participant_results(conn, link.connection_id, today=options.today)
        held = canonical(section, read_held(conn, link.connection_id, section.object_name, _names(section)))
    desired = rendered(section, results)
    modes = {field.name: field.mode for field in section.fields}
    return differences(desired.frame, held, modes), desired.problems


def _send(
    engine: Engine,
    link: Link,
    section: WriteMapping,
    chunk: Sequence[Difference],
    options: WriteOptions,
    done: WrittenBack,
    bar: tuple[Progress, str],
) -> WrittenBack:
    """Queue and send the chunk; what is worth another try (a locked row, say) gets it, a moment later."""
    rows = [Queued(one.record_id, one.values) for one in chunk]
    with engine.begin() as conn:
        parked = refused(conn, link.connection_id, section.object_name, rows)
    rows = [row for row in rows if row.record_id not in parked]
    outcomes: dict[str, Outcome] = {}
    for wait_seconds in (*_WAITS_SECONDS, None):
        outcomes |= _push(engine, link, section, rows, options, bar)
        rows = [row for row in rows if outcomes[row.record_id].state == "retry"]
        if not rows or wait_seconds is None:
            break
        options.pause(wait_seconds)
    return _counted(replace(done, parked=done.parked + len(parked)), list(outcomes.values()))


def _push(
    engine: Engine,
    link: Link,
    section: WriteMapping,
    rows: Sequence[Queued],
    options: WriteOptions,
    bar: tuple[Progress, str],
) -> dict[str, Outcome]:
    """One outcome for each row, noted in the outbox as far as they came when something raises."""
    with engine.begin() as conn:
        queue_writes(conn, link.connection_id, section.object_name, rows, now=options.now)
    fields = {field.name: field for field in section.fields}
    outcomes: dict[str, Outcome] = {}
    try:
        for outcome in link.connector.push(section.object_name, [_write(fields, row) for row in rows]):
            outcomes[outcome.record_id] = outcome
            bar[0].advance(bar[1], outcome.state != "retry")
    finally:
        with engine.begin() as conn:
            record_outcomes(conn, link.connection_id, section.object_name, list(outcomes.values()), now=options.now)
    return outcomes


def _write(fields: Mapping[str, WriteField], row: Queued) -> Write:
    return Write(row.record_id, {name: as_value(fields[name], text) for name, text in row.values.items()})


def _counted(done: WrittenBack, outcomes: Sequence[Outcome]) -> WrittenBack:
    states = [outcome.state for outcome in outcomes]
    return replace(
        done,
        confirmed=done.confirmed + states.count("confirmed"),
        rejected=done.rejected + states.count("rejected"),
        retry=done.retry + states.count("retry"),
        unknown=done.unknown + states.count("unknown"),
    )
