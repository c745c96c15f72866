"""A connection's mapping held against its CRM, as far as it is used: pay is left out where pay is not shared.

Fields to write that are not there yet are one problem with one next step, however many they are: before the first
`attain provision` all of them are missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from attain.settings import ConnectionSettings
from attain.wiring import House, Unusable, mapping_of
from connectors.base import Connector, ConnectorError, FixSettings, ObjectSchema
from mappings import CrmMapping, WriteField, check_mapping
from problems import Problem

_NAMED = 3  # so many missing fields are told by name: a typing error shows; more are counted


def mapping_problems(house: House, connection: ConnectionSettings, connector: Connector) -> list[Problem]:
    """Everything the mapping asks for that the CRM has not, or has otherwise. Raises nothing: a connector that does
    not answer is a problem too."""
    place = f"connection {connection.name}"
    try:
        mapping = used_mapping(house, connection)
        seen = _Seen(connector)
        return _gathered(place, mapping, check_mapping(mapping, seen.describe), seen.schemas)
    except Unusable as error:
        return list(error.problems)
    except FixSettings as error:
        return [Problem(place, "mapping", str(error), error.hint)]
    except ConnectorError as error:
        return [Problem(place, "mapping", str(error), "Run the same command again in a few minutes.")]


def used_mapping(house: House, connection: ConnectionSettings) -> CrmMapping:
    """The mapping without the fields that show pay, unless the settings share pay. Raises Unusable."""
    mapping = mapping_of(connection)
    if house.settings.write_back.pay_on_shared_records:
        return mapping
    return replace(mapping, writes={name: write.without_pay() for name, write in mapping.writes.items()})


@dataclass(frozen=True, slots=True)
class _Seen:
    """Asks the connector and remembers what it said."""

    connector: Connector
    schemas: dict[str, ObjectSchema] = field(default_factory=dict)

    def describe(self, name: str, paths: Sequence[str]) -> ObjectSchema:
        self.schemas[name] = self.connector.describe(name, paths)
        return self.schemas[name]


def _gathered(
    place: str, mapping: CrmMapping, problems: list[Problem], schemas: dict[str, ObjectSchema]
) -> list[Problem]:
    missing = [
        (write.object_name, one)
        for write in mapping.writes.values()
        for one in write.fields
        if write.object_name in schemas and one.name not in schemas[write.object_name].fields
    ]
    if len(missing) <= _NAMED:
        return problems
    told = {(one.where, one.name) for _, one in missing}
    rest = [problem for problem in problems if (problem.where, problem.field) not in told]
    return [*rest, _to_provision(place, missing)]


def _to_provision(place: str, missing: Sequence[tuple[str, WriteField]]) -> Problem:
    counts = ", ".join(f"{count} on {name}" for name, count in Counter(name for name, _ in missing).items())
    message = (
        f"{len(missing)} fields to write are not in the CRM yet, or not visible to the user who signs in ({counts})."
    )
    return Problem(
        place, "", message, "See them with `attain provision --dry-run`, create them with `attain provision`."
    )
