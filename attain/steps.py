"""The steps of `attain sync`, each usable alone: pull, calculate, write back, over several connections."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import Engine

from attain.actor import login
from attain.plans import apply_reference
from attain.settings import ConnectionSettings
from attain.wiring import House, Unusable, link, mapping_path
from problems import Problem
from spm.store.audit import Deed, append, latest
from sync import run
from sync.calculate import Basis, Calculated, recalculate
from sync.link import Link
from sync.progress import Progress
from sync.run import StepReport
from sync.write_back import WriteOptions


@dataclass(frozen=True, slots=True)
class Steps:
    """What was asked for. `full` reads everything anew; `dry_run` writes nothing to a CRM."""

    pull: bool = True
    calculate: bool = True
    write: bool = True
    full: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How it went, step by step. `calculated` is None where nothing was to be calculated."""

    steps: tuple[StepReport, ...] = ()
    calculated: Calculated | None = None
    problems: tuple[Problem, ...] = ()


def take_steps(
    house: House, engine: Engine, connections: Sequence[ConnectionSettings], steps: Steps, progress: Progress
) -> SyncReport:
    """Pull from all, calculate once, write back to all. A connection that fails is reported; the others go on."""
    reports: list[StepReport] = []
    calculated, problems = None, list[Problem]()
    with ExitStack() as stack:
        links = _links(house, engine, connections, stack, reports)
        if steps.pull:
            reports += [run.pull(engine, one, now=house.now, full=steps.full, progress=progress) for one in links]
        if steps.calculate:
            calculated, problems = calculate(house, engine, progress, full=steps.full)
        if steps.write:
            reports += [_write(house, engine, one, steps, progress) for one in _writable(links, reports)]
    return SyncReport(tuple(reports), calculated, tuple(problems))


def _links(
    house: House,
    engine: Engine,
    connections: Sequence[ConnectionSettings],
    stack: ExitStack,
    reports: list[StepReport],
) -> list[Link]:
    """The connections that can be had; for the others a report that says why not."""
    links: list[Link] = []
    for connection in connections:
        try:
            links.append(stack.enter_context(link(house, engine, connection)))
            _note_mapping(house, engine, connection)
        except Unusable as error:
            message = f"connection {connection.name} cannot be used."
            hint = f"Mend what is named, then run `attain check --connection {connection.name}`."
            problems = tuple(error.problems)
            reports.append(StepReport(connection.name, "connect", "fix_settings", message, hint, problems=problems))
    return links


def _note_mapping(house: House, engine: Engine, connection: ConnectionSettings) -> None:
    """An entry of the audit log where the mapping file is another than at the last sync."""
    path = mapping_path(connection)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with engine.begin() as conn:
        before = latest(conn, "mapping.change", connection.name)
        held = before["detail"]["to"] if before else None
        if held != digest:
            detail = {"file": path.name, "from": held, "to": digest}
            append(conn, Deed("mapping.change", connection.name, detail, login()), now=house.now)


def calculate(
    house: House, engine: Engine, progress: Progress, *, full: bool = False
) -> tuple[Calculated | None, list[Problem]]:
    """Bring plans, quotas, assignments and rates from their files, then recalculate what is touched.

    With an error in one of the files nothing is calculated: figures never rest on half of the rules.
    """
    plans, problems = apply_reference(house, engine)
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    basis = Basis(plans, house.settings.calendar, house.today, house.now)
    return recalculate(engine, basis, progress, full=full), problems


def _writable(links: Sequence[Link], reports: Sequence[StepReport]) -> list[Link]:
    """A connection whose pull did not end well is not written to: what it holds is not known."""
    failed = {report.connection for report in reports if report.state != "done"}
    return [one for one in links if one.name not in failed]


def _write(house: House, engine: Engine, one: Link, steps: Steps, progress: Progress) -> StepReport:
    options = WriteOptions(
        today=house.today,
        now=house.now,
        pay_on_shared_records=house.settings.write_back.pay_on_shared_records,
        dry_run=steps.dry_run,
    )
    return run.push(engine, one, options, progress)
