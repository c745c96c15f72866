"""A mapping held against what the CRM has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import CrmField, FieldKind, FixSettings, ObjectSchema
from mappings import CrmMapping, check_mapping, crm_fields, normalise, parent_paths, readable
from problems import Problem
from tests.mappings.model import KINDS, NEW_YORK, SCHEMA, TARGETS, deal_section, loaded, page, schema_of
from tests.mappings.test_file import GOOD

WRITTEN = {
    "Attain_Credited__c": CrmField("Attain_Credited__c", FieldKind.NUMBER, writable=True, precision=18, scale=2),
    "Attain_Paid__c": CrmField("Attain_Paid__c", FieldKind.NUMBER, writable=True, precision=18, scale=2),
}
RANK = CrmField("Attain_Rank__c", FieldKind.NUMBER, writable=True, precision=9, scale=0)


class Crm:
    """A CRM whose objects have these fields; remembers what it was asked."""

    def __init__(self, **objects: dict[str, CrmField]) -> None:
        self.objects = objects
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def describe(self, name: str, paths: Sequence[str] = ()) -> ObjectSchema:
        self.asked.append((name, tuple(paths)))
        if name not in self.objects:
            raise FixSettings(f"{name} is not there", hint="Enable it.")
        fields = self.objects[name]
        return ObjectSchema(name, {key: field for key, field in fields.items() if "." not in key or key in paths})


def crm_of_good() -> Crm:
    texts = dict.fromkeys(("Region__c", "CurrencyIsoCode"), FieldKind.TEXT)
    opportunity = {**SCHEMA.fields, **schema_of(texts).fields, **WRITTEN}
    return Crm(Opportunity=opportunity, Task={}, User={"Attain_Rank__c": RANK})


@pytest.fixture
def mapping(tmp_path: Path) -> CrmMapping:
    return loaded(tmp_path, GOOD)


def problems_with(mapping: CrmMapping, **opportunity: CrmField | None) -> list[Problem]:
    """What is wrong when the CRM's Opportunity differs in these fields (None: they are not there)."""
    crm = crm_of_good()
    fields = {name: field for name, field in {**crm.objects["Opportunity"], **opportunity}.items() if field}
    crm.objects["Opportunity"] = fields
    return check_mapping(mapping, crm.describe)


def test_a_mapping_that_fits_has_no_problems_and_each_object_is_described_once(mapping: CrmMapping) -> None:
    crm = crm_of_good()
    assert check_mapping(mapping, crm.describe) == []
    assert crm.asked == [("Opportunity", ("Owner.Email",)), ("Task", ()), ("User", ())]


def test_a_field_that_is_not_there_is_named_with_its_line_and_the_nearest(mapping: CrmMapping) -> None:
    (problem,) = problems_with(mapping, ARR__c=None, ARR_c=CrmField("ARR_c", FieldKind.NUMBER))
    assert problem.where.endswith("acme.toml:8")
    assert problem.message.startswith("Opportunity has no field ARR__c")
    assert problem.hint.startswith("Did you mean 'ARR_c'?")
    assert problem.severity == "error"


def test_a_parent_path_that_is_not_there_is_named(mapping: CrmMapping) -> None:
    (problem,) = problems_with(mapping, **{"Owner.Email": None})
    assert (problem.where[-11:], problem.field) == ("acme.toml:9", "owner_id")


def test_what_an_optional_field_lacks_is_a_warning(mapping: CrmMapping) -> None:
    (problem,) = problems_with(mapping, CurrencyIsoCode=None)
    assert (problem.field, problem.severity) == ("currency", "warning")


@pytest.mark.parametrize(
    ("name", "described", "said"),
    [
        ("Amount", CrmField("Amount", FieldKind.DATE), "of different kinds: date and number"),
        ("IsWon", CrmField("IsWon", FieldKind.TEXT), "IsWon is a text, not yes or no"),
    ],
)
def test_kinds_that_cannot_work_are_told(mapping: CrmMapping, name: str, described: CrmField, said: str) -> None:
    (problem,) = problems_with(mapping, **{name: described})
    assert said in problem.message
    assert problem.hint


def test_an_object_that_is_not_there_is_an_error_unless_it_is_optional(mapping: CrmMapping) -> None:
    crm = crm_of_good()
    del crm.objects["Task"], crm.objects["User"]
    task, user = check_mapping(mapping, crm.describe)
    assert (task.message, task.hint, task.severity) == ("Task is not there", "Enable it.", "warning")
    assert (user.field, user.severity) == ("User", "error")
    assert user.where.endswith("acme.toml:28")


@pytest.mark.parametrize(
    ("change", "said", "hint"),
    [
        (None, "Opportunity has no field Attain_Credited__c", "Run attain provision"),
        ({"writable": False}, "cannot be written", "Run attain provision"),
        ({"kind": FieldKind.TEXT}, "is a text in the CRM and a number here", 'type = "text"'),
        ({"scale": 0}, "keeps 0 places in the CRM and 2 here", "scale = 0"),
        ({"precision": 10}, "holds 8 digits before the point in the CRM, 16 here", "precision = 10"),
    ],
)
def test_a_field_that_cannot_take_what_is_written_is_told(
    mapping: CrmMapping, change: dict[str, object] | None, said: str, hint: str
) -> None:
    held = replace(WRITTEN["Attain_Credited__c"], **change) if change else None  # type: ignore[arg-type]
    (problem,) = problems_with(mapping, Attain_Credited__c=held)
    assert said in problem.message
    assert hint in problem.hint
    assert problem.where.endswith("acme.toml:25")


def test_a_field_with_more_room_than_needed_is_fine(mapping: CrmMapping) -> None:
    roomy = replace(WRITTEN["Attain_Credited__c"], precision=None, scale=None)
    assert problems_with(mapping, Attain_Credited__c=roomy) == []
    assert problems_with(mapping, Attain_Credited__c=replace(roomy, precision=20, scale=4)) == []


def test_a_text_field_that_is_too_short_is_told(tmp_path: Path) -> None:
    text = GOOD.replace('type = "number", precision = 9, scale = 0', 'type = "text", length = 500')
    crm = crm_of_good()
    crm.objects["User"] = {"Attain_Rank__c": CrmField("Attain_Rank__c", FieldKind.TEXT, writable=True, length=255)}
    (problem,) = check_mapping(loaded(tmp_path, text), crm.describe)
    assert "holds 255 characters in the CRM and 500 here" in problem.message


def test_the_paths_to_ask_for_are_those_with_parents(tmp_path: Path) -> None:
    section = deal_section(tmp_path, name='"Account.Name"', owner_id='"Owner.Manager.Email"', amount='"Amount"')
    assert parent_paths(section) == ("Account.Name", "Owner.Manager.Email")


def test_what_can_be_read_is_the_section_without_what_is_not_there(tmp_path: Path) -> None:
    section = deal_section(
        tmp_path,
        amount='"coalesce(ARR__c, Amount)"',
        currency='{ value = "CurrencyIsoCode", optional = true }',
        extra='{ value = "Extra__c", type = "text", optional = true }',
        close_date='"CloseDate"',
    )
    fields = {name: field for name, field in SCHEMA.fields.items() if name != "ARR__c"}
    kept, problems = readable(section, ObjectSchema("Opportunity", fields))
    assert crm_fields(kept) == ("CloseDate",)
    assert [(problem.field, problem.severity) for problem in problems] == [
        ("amount", "error"),
        ("currency", "warning"),
        ("extra", "warning"),
    ]


def test_records_keep_their_shape_where_a_field_cannot_be_read(tmp_path: Path) -> None:
    own = '{ value = "Extra__c", type = "number", optional = true }'
    kept, _ = readable(deal_section(tmp_path, extra=own, amount='"Amount"'), SCHEMA)
    made = normalise(kept, TARGETS["deal"], page({}), SCHEMA, place="acme", time_zone=NEW_YORK)
    assert made.problems == ()
    assert made.frame["extra"].to_list() == [None]
    assert str(made.frame.schema["extra"]).startswith("Decimal")


def test_a_section_that_can_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    section = deal_section(tmp_path, amount='"Amount"', owner_id='"$id"')
    assert readable(section, schema_of(KINDS)) == (section, [])
