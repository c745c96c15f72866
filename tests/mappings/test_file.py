"""Mapping files: what they may say, and every mistake named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base import FieldKind
from mappings import crm_fields, field_specs, load_mapping, write_targets
from tests.mappings.model import RESULTS, TARGETS, deal_section, load, loaded

GOOD = """\
connector = "salesforce"

[objects.deal]
from = "Opportunity"

[objects.deal.fields]
status = "case when IsWon then 'won' else 'open' end"
amount = "coalesce(ARR__c, Amount)"
owner_id = "Owner.Email"
region = { value = "Region__c", type = "text" }
currency = { value = "CurrencyIsoCode", optional = true }

[objects.task]
feeds = "activity"
from = "Task"
optional = true

[objects.task.fields]
type = "'task'"

[write.deal]
to = "Opportunity"

[write.deal.fields]
Attain_Credited__c = { value = "credited", type = "number", scale = 2, label = "Credited" }
Attain_Paid__c = { value = "commission", type = "number", label = "Paid", pay = true, mode = "keep" }

[write.participant]
to = "User"

[write.participant.fields]
Attain_Rank__c = { value = "rank", type = "number", precision = 9, scale = 0, label = "Rank" }
"""


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    mapping = loaded(tmp_path, GOOD)
    assert (mapping.connector, mapping.name) == ("salesforce", "acme.toml")
    deal, task = mapping.objects
    assert (deal.name, deal.feeds, deal.object_name, deal.optional) == ("deal", "deal", "Opportunity", False)
    assert (task.name, task.feeds, task.object_name, task.optional) == ("task", "activity", "Task", True)
    assert mapping.feeding("activity") == (task,)
    assert deal.where.endswith("acme.toml:3")


def test_a_field_knows_its_kind_its_place_and_whose_it_is(tmp_path: Path) -> None:
    fields = {field.name: field for field in loaded(tmp_path, GOOD).objects[0].fields}
    assert (fields["amount"].kind, fields["amount"].own) == ("money", False)
    assert fields["amount"].where.endswith("acme.toml:8")
    assert (fields["region"].kind, fields["region"].own) == ("text", True)
    assert (fields["currency"].kind, fields["currency"].optional) == ("currency", True)


def test_the_crm_fields_of_a_section_are_all_it_reads_each_once(tmp_path: Path) -> None:
    section = deal_section(tmp_path, amount='"coalesce(ARR__c, Amount)"', name='"Amount"', owner_id='"$parent"')
    assert crm_fields(section) == ("ARR__c", "Amount")


def test_write_targets_are_the_fields_we_write_on_an_object(tmp_path: Path) -> None:
    mapping = loaded(tmp_path, GOOD)
    assert write_targets(mapping, "Opportunity") == ("Attain_Credited__c", "Attain_Paid__c")
    assert write_targets(mapping, "User") == ("Attain_Rank__c",)
    assert write_targets(mapping, "Task") == ()


def test_fields_that_show_pay_are_provisioned_only_where_pay_may_be_shown(tmp_path: Path) -> None:
    mapping = loaded(tmp_path, GOOD)
    specs = field_specs(mapping, pay=False)
    assert [(spec.object_name, spec.name) for spec in specs] == [
        ("Opportunity", "Attain_Credited__c"),
        ("User", "Attain_Rank__c"),
    ]
    assert (specs[1].kind, specs[1].precision, specs[1].scale, specs[1].label) == (FieldKind.NUMBER, 9, 0, "Rank")
    assert "Attain_Paid__c" in [spec.name for spec in field_specs(mapping, pay=True)]


def test_a_write_section_without_pay_keeps_everything_else(tmp_path: Path) -> None:
    write = loaded(tmp_path, GOOD).writes["deal"]
    assert [field.name for field in write.without_pay().fields] == ["Attain_Credited__c"]
    assert write.without_pay().object_name == "Opportunity"


@pytest.mark.parametrize(
    ("line", "instead", "place", "said", "hint"),
    [
        ('connector = "salesforce"', "", "acme.toml", "missing", "connector"),
        ('from = "Opportunity"', "", "acme.toml:3", "missing", "from"),
        ('from = "Opportunity"', 'form = "Opportunity"', "acme.toml:4", "no such key", "'from'"),
        ('from = "Opportunity"', 'from = "Opportunity; drop"', "acme.toml:4", "no name that a CRM gives", ""),
        ('feeds = "activity"', 'feeds = "activty"', "acme.toml:13", "no 'activty' to feed", "'activity'"),
        ('amount = "coalesce(ARR__c, Amount)"', 'ammount = "Amount"', "acme.toml:8", "no field 'ammount'", "'amount'"),
        ('amount = "coalesce(ARR__c, Amount)"', 'zone = "Zone__c"', "acme.toml:8", "no field 'zone'", "of your own"),
        ('amount = "coalesce(ARR__c, Amount)"', 'amount = "sum(Amount)"', "acme.toml:8", "no function 'sum'", "itself"),
        ('amount = "coalesce(ARR__c, Amount)"', 'amount = "coalesc(Amount)"', "acme.toml:8", "'coalesc'", "'coalesce'"),
        ('amount = "coalesce(ARR__c, Amount)"', "amount = 5", "acme.toml:8", "", ""),
        (
            'amount = "coalesce(ARR__c, Amount)"',
            'amount = { value = "Amount", type = "text" }',
            "acme.toml:8",
            "amount is of type money, not text",
            "Leave the type out",
        ),
        ('type = "text" }', 'type = "txt" }', "acme.toml:10", "", ""),
        (', type = "text" }', " }", "acme.toml:10", "no field 'region'", "type ="),
        ("optional = true }", 'optional = "perhaps" }', "acme.toml:11", "", ""),
        ("status = ", "stage = ", "acme.toml:6", "a deal needs 'status'", "Add status"),
        ("type = \"'task'\"", 'type = "\'task\'"\nextra = { value = "X", type = "text" }', "acme.toml:20", "no", ""),
        ('value = "credited"', 'value = "credit"', "acme.toml:25", "no result 'credit'", "'credited'"),
        ('value = "credited"', 'value = "commission"', "acme.toml:25", "shows what somebody earns", "pay = true"),
        ('value = "credited"', 'value = "avg(credited)"', "acme.toml:25", "no function 'avg'", "itself"),
        ("scale = 2", "scale = 11", "acme.toml:25", "", ""),
        ("precision = 9", "precision = 19", "acme.toml:32", "", ""),
        ('mode = "keep"', 'mode = "sometimes"', "acme.toml:26", "", ""),
        ("Attain_Rank__c", '"Attain Rank"', "acme.toml:32", "no name that a CRM gives", ""),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(
    tmp_path: Path, line: str, instead: str, place: str, said: str, hint: str
) -> None:
    assert line in GOOD
    found = load(tmp_path, GOOD.replace(line, instead, 1))
    assert found.mapping is None
    problem = next((problem for problem in found.problems if said in problem.message), None)
    assert problem is not None, found.problems
    assert place in problem.where
    assert hint in problem.hint
    assert problem.hint
    assert problem.severity == "error"


@pytest.mark.parametrize(
    ("section", "instead", "said", "hint"),
    [
        ("write.deal", "write.deel", "there are no results 'deel'", "Did you mean 'deal'?"),
        ("objects.deal", "objects.daels", "there is no 'daels' to feed (name)", "Did you mean 'deal'?"),
        ("objects.deal", "objects.lead_source", "there is no 'lead_source' to feed (name)", "Write feeds ="),
    ],
)
def test_a_section_that_is_nothing_known_is_named(
    tmp_path: Path, section: str, instead: str, said: str, hint: str
) -> None:
    problem = load(tmp_path, GOOD.replace(section, instead)).problems[0]
    assert said in problem.message
    assert hint in problem.hint


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("Amount)", "Amount").replace("IsWon then", "IsWon than").replace('"rank"', '"rang"')
    assert [problem.where.rpartition(":")[2] for problem in load(tmp_path, text).problems] == ["7", "8", "32"]


def test_a_field_that_two_sections_write_is_a_mistake(tmp_path: Path) -> None:
    text = GOOD.replace('to = "User"', 'to = "Opportunity"').replace("Attain_Rank__c", "attain_credited__C")
    (problem,) = load(tmp_path, text).problems
    assert "is written by deal as well" in problem.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"connector = ", "not valid TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "missing"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "acme.toml"
    path.write_bytes(content)
    found = load_mapping(path, TARGETS, RESULTS)
    assert found.mapping is None
    assert any(said in problem.message for problem in found.problems)


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    found = load_mapping(tmp_path / "none.toml", TARGETS, RESULTS)
    assert found.mapping is None
    assert "no such file" in found.problems[0].message
