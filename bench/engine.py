"""The engine, measured: credits a second beside the same plan as one DuckDB query, and from tables to tables.

    python bench/engine.py --credits 10000 1000000 10000000

The plan is bench/engine_plan.toml (splits, a roll-up, four tiers, a cap, a bonus), the query bench/engine.sql. Each
size and engine runs in a process of its own, so that peak memory is its own. What both pay is compared to the cent.
The last line is JSON; a ratio above 1 says that Attain takes longer than DuckDB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.engine_world import TODAY, facts
from spm.calendar import Months
from spm.plans import PlanVersion, load_plan, plan_version

_HERE = Path(__file__).parent
_CREDITS_A_DEAL = 3.6  # 1.2 by splits, in each of three components
_END_TO_END = 1_000_000  # credits up to which the database is measured, too
_THREADS = 2


def plan() -> PlanVersion:
    """The benchmark's plan."""
    loaded = load_plan(_HERE / "engine_plan.toml")
    if loaded.plan is None:
        raise SystemExit("\n".join(str(problem) for problem in loaded.problems))
    return plan_version(loaded.plan)


def attain(deals: int) -> dict[str, Any]:
    """The pure engine: facts in memory to lines, statements and hashes."""
    from spm.engine import calculate

    world, version = facts(deals), plan()
    results, seconds = _best(lambda: calculate(world, [version], today=TODAY))
    found = [problem for problem in results.problems if problem.severity == "error"]
    return {"seconds": seconds, "paid": _cents(results.lines["amount"]), "problems": len(found)}


def duckdb(deals: int) -> dict[str, Any]:
    """The same plan by hand."""
    import duckdb as engine

    world = facts(deals)
    query = (_HERE / "engine.sql").read_text()
    with tempfile.TemporaryDirectory() as folder:
        connection = engine.connect()
        connection.execute(f"SET threads = {_THREADS}")
        for name in ("deals", "splits", "quotas", "hierarchy"):
            file = Path(folder) / f"{name}.parquet"
            getattr(world, name).write_parquet(file)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{file}')")
        _, seconds = _best(lambda: connection.execute(query))
        paid = connection.execute("SELECT sum(amount) FROM lines").fetchall()[0][0]
    return {"seconds": seconds, "paid": f"{paid:.2f}"}


def end_to_end(deals: int) -> dict[str, Any]:
    """From facts in tables to lines and statements in tables, and one participant of 1,000 credits after a change."""
    from sqlalchemy import text

    from attain.database import open_database
    from attain.settings import load_settings
    from bench.engine_store import fill
    from spm.store.marks import mark_participants
    from sync.calculate import Basis, recalculate

    world, version = facts(deals), plan()
    basis = Basis([version], Months(1), TODAY, datetime.combine(TODAY, time_of_day(12), UTC))
    with tempfile.TemporaryDirectory() as folder:
        loaded = load_settings(None, {"ATTAIN__DATA_DIR": folder}, {})
        assert loaded.settings, loaded.problems
        with open_database(loaded.settings) as database:
            fill(database.engine, world, version)
            started = time.perf_counter()
            recalculate(database.engine, basis, _Quiet())
            seconds = time.perf_counter() - started
            one = []
            for number in range(1, 6):
                with database.engine.begin() as conn:
                    mark_participants(conn, [number], TODAY, "bench")
                started = time.perf_counter()
                recalculate(database.engine, basis, _Quiet())
                one.append(time.perf_counter() - started)
            with database.engine.connect() as conn:
                paid = conn.scalar(text("SELECT sum(amount) FROM earning_line"))
    return {"seconds": seconds, "paid": f"{paid:.2f}", "one_participant_ms": round(sorted(one)[2] * 1000, 1)}


class _Quiet:
    """Shows nothing."""

    def begin(self, task: str, total: int | None = None) -> None: ...
    def advance(self, task: str, done: int, total: int | None = None) -> None: ...
    def end(self, task: str) -> None: ...


def _best(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result and the shortest of three runs: the one that the machine disturbed least."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - started)
    return result, min(times)


def _cents(amounts: pl.Series) -> str:
    return f"{amounts.sum():.2f}"


_KINDS = {"attain": attain, "duckdb": duckdb, "end_to_end": end_to_end}


def _measured(kind: str, deals: int) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", kind, str(deals)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{kind} of {deals} deals failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _one(kind: str, deals: int) -> None:
    found = _KINDS[kind](deals)
    found["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--credits", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--one", nargs=2, metavar=("KIND", "DEALS"))
    given = parser.parse_args()
    if given.one:
        _one(given.one[0], int(given.one[1]))
        return
    rows = [_row(size) for size in given.credits]
    print(json.dumps({key: {str(row["credits"]): row[key] for row in rows} for key in _JSON}))


_JSON = (
    "credits_per_second",
    "ratio_to_duckdb",
    "end_to_end_credits_per_second",
    "one_participant_ms",
    "peak_memory_mb",
)


def _row(size: int) -> dict[str, Any]:
    deals = round(size / _CREDITS_A_DEAL)
    ours, theirs = _measured("attain", deals), _measured("duckdb", deals)
    stored = _measured("end_to_end", deals) if size <= _END_TO_END else {}
    if len({each["paid"] for each in (ours, theirs, stored) if each}) != 1:
        raise SystemExit(f"the engines pay differently: {ours['paid']}, {theirs['paid']}, {stored.get('paid')}")
    row = {
        "credits": size,
        "paid": ours["paid"],
        "credits_per_second": round(size / ours["seconds"]),
        "duckdb_credits_per_second": round(size / theirs["seconds"]),
        "ratio_to_duckdb": round(ours["seconds"] / theirs["seconds"], 2),
        "end_to_end_credits_per_second": round(size / stored["seconds"]) if stored else None,
        "one_participant_ms": stored.get("one_participant_ms"),
        "peak_memory_mb": ours["peak_memory_mb"],
    }
    if size == min(size, 10_000):
        print("  ".join(f"{name:>30}" for name in row))
    print("  ".join(f"{value!s:>30}" for value in row.values()), flush=True)
    return row


if __name__ == "__main__":
    main()
