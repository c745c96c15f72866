"""docs/model.md is written from the model itself, so that page and code cannot part: `python -m attain.model_page`."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import Table

from spm.fields import ENTITIES, Entity, Field
from spm.tables import Base

_PAGE = Path("docs/model.md")

_OPENING = """# The sales performance model

The same for every CRM: a mapping (docs/mappings.md) fills these fields, plans (docs/plans.md) and results use them.
This page is written from the code by `python -m attain.model_page`; a test compares.

Money, shares, rates and attainment are exact decimals with ten places; a share or an attainment of 1 is 100 %. Times
are UTC; days are days in the CRM account's time zone, decided once, when a record is read.

## Normalised fields

A field marked *required* keeps a record out when it cannot be read, with a problem that names the record; any other
field is left empty, with a problem. Which CRM field feeds what by default stands in `mappings/salesforce.toml` and
`mappings/hubspot.toml`.
"""


def page() -> str:
    """The text of docs/model.md."""
    entities = "\n".join(_entity(entity) for entity in ENTITIES.values())
    tables = "\n".join(f"| `{name}` | {', '.join(table.columns.keys())} |" for name, table in _tables())
    return f"{_OPENING}\n{entities}\n## Tables\n\n| table | columns |\n|---|---|\n{tables}\n"


def _entity(entity: Entity) -> str:
    rows = "\n".join(_row(field) for field in entity.fields)
    one_of = " or ".join(f"`{name}`" for name in entity.one_of)
    needed = f"\nA record needs one of {one_of}; without any it is kept out.\n" if one_of else ""
    own = "\nA mapping may add fields of its own; plans use them by name.\n" if entity.extendable else ""
    return f"### {entity.name}: {entity.meaning}\n\n| field | type | meaning |\n|---|---|---|\n{rows}\n{needed}{own}"


def _row(field: Field) -> str:
    required = " *Required.*" if field.required else ""
    return f"| `{field.name}` | {field.kind} | {field.meaning}.{required} |"


def _tables() -> list[tuple[str, Table]]:
    return sorted(Base.metadata.tables.items())


if __name__ == "__main__":
    _PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {_PAGE}\n")
