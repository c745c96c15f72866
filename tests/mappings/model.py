"""What mappings are tried on: the real model, one deal as Salesforce sends it, and mapping files written in a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from connectors.base import ID, MODIFIED, CrmField, FieldKind, ObjectSchema
from mappings import CrmMapping, Loaded, Normalised, ObjectMapping, load_mapping, normalise
from sync.targets import PAY_RESULTS as PAY
from sync.targets import RESULTS, TARGETS

SHIPPED = Path(__file__).parents[2] / "mappings"
NEW_YORK = "America/New_York"

OPPORTUNITY: Mapping[str, tuple[FieldKind, str | None]] = {
    "Amount": (FieldKind.NUMBER, "1500.25"),
    "ARR__c": (FieldKind.NUMBER, None),
    "Probability": (FieldKind.NUMBER, "75.0"),
    "StageName": (FieldKind.TEXT, "Won"),
    "Type": (FieldKind.TEXT, "New Business"),
    "Owner.Email": (FieldKind.TEXT, "ann@example.com"),
    "OwnerId": (FieldKind.TEXT, "005000000000001"),
    "Signed__c": (FieldKind.TEXT, "31.03.2026"),
    "IsClosed": (FieldKind.BOOLEAN, "true"),
    "IsWon": (FieldKind.BOOLEAN, "true"),
    "CloseDate": (FieldKind.DATE, "2026-03-31"),
    "CreatedDate": (FieldKind.DATETIME, "2026-03-02T03:30:00.000+0000"),
}
"""One record: kind and text of each field. It was created on the first of March in New York, on the second in UTC."""


def schema_of(kinds: Mapping[str, FieldKind], name: str = "Opportunity") -> ObjectSchema:
    return ObjectSchema(name, {field: CrmField(field, kind, writable=True) for field, kind in kinds.items()})


KINDS = {name: kind for name, (kind, _) in OPPORTUNITY.items()}
SCHEMA = schema_of(KINDS)


def page(*records: Mapping[str, str | None]) -> pl.DataFrame:
    """A page of deals like OPPORTUNITY, each with some values of its own; ids are d1, d2, ..."""
    rows = [
        {ID: f"d{number}", MODIFIED: "2026-04-01T00:00:00.000+0000"}
        | {name: text for name, (_, text) in OPPORTUNITY.items()}
        | dict(record)
        for number, record in enumerate(records, start=1)
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in names}, schema=dict.fromkeys(names, pl.String)
    )


def load(folder: Path, text: str, **given: object) -> Loaded:
    """The mapping file with this text."""
    path = folder / "acme.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path, TARGETS, RESULTS, pay_results=PAY)


def loaded(folder: Path, text: str) -> CrmMapping:
    """The mapping in a file that has no mistakes."""
    found = load(folder, text)
    assert found.problems == ()
    assert found.mapping is not None
    return found.mapping


def deal_section(folder: Path, **fields: str) -> ObjectMapping:
    """A section that feeds deals: `status` is won unless given, the others as given (TOML values)."""
    lines = "\n".join(f"{name} = {value}" for name, value in {"status": "\"'won'\"", **fields}.items())
    text = f'connector = "salesforce"\n[objects.deal]\nfrom = "Opportunity"\n[objects.deal.fields]\n{lines}\n'
    return loaded(folder, text).objects[0]


def normalised(
    section: ObjectMapping, records: pl.DataFrame, *, schema: ObjectSchema = SCHEMA, time_zone: str = NEW_YORK
) -> Normalised:
    return normalise(section, TARGETS[section.feeds], records, schema, place="acme Opportunity", time_zone=time_zone)
