"""What records to be written are called: a deal by its name, a person by their email, besides the CRM's ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, text

from attain.wiring import House, Unusable, mapping_of
from sync.run import StepReport

Key = tuple[str, str, str]
"""Connection, CRM object and record id: ids alone are unique within one object of one CRM only."""

_NAMES = {
    "deal": "SELECT crm_id, deal.name FROM deal JOIN connection ON connection.id = connection_id "
    "WHERE connection.name = :connection AND crm_id = ANY(:ids)",
    "participant": "SELECT record_id, email FROM participant_link JOIN connection ON connection.id = connection_id "
    "WHERE connection.name = :connection AND record_id = ANY(:ids)",
}


def record_names(house: House, engine: Engine, steps: Sequence[StepReport], *, first: int) -> Mapping[Key, str]:
    """Names of the `first` records of each object that a dry run would write. A record without one is not in it."""
    names: dict[Key, str] = {}
    for step in steps:
        results = _results(house, step)
        for written in step.written:
            ids = [one.record_id for one in written.preview[:first]]
            query = _NAMES.get(results.get(written.object_name, ""))
            if ids and query:
                found = _found(engine, query, step.connection, ids)
                names |= {(step.connection, written.object_name, record): name for record, name in found}
    return names


def _results(house: House, step: StepReport) -> dict[str, str]:
    """By CRM object which results it gets."""
    if not step.written:
        return {}
    try:
        mapping = mapping_of(house.settings.connections[step.connection])
    except Unusable:
        return {}
    return {write.object_name: write.results for write in mapping.writes.values()}


def _found(engine: Engine, query: str, connection: str, ids: list[str]) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        rows = conn.execute(text(query), {"connection": connection, "ids": ids})
        return [(record, name) for record, name in rows if name]
