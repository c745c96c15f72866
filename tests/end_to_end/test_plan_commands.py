"""`attain plan apply`, `show` and `list`: versions put in force, told, kept."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from attain.actor import login
from tests.end_to_end.office import PLAN, Office

TEST = """
[[tests]]
name = "ten per cent"
deals = [{ owner = "ann@x.com", amount = 100, close_date = 2026-01-05 }]
expect = [{ person = "ann@x.com", payout = %s }]
"""


@pytest.fixture
def bare(tmp_path: Path, database: Engine) -> Office:
    """No CRM: settings, a plan, a database."""
    return Office(tmp_path, database).furnish()


def _plan(office: Office, plan: str = PLAN) -> str:
    path = office.folder / "plans" / "flat.toml"
    path.write_text(plan, encoding="utf-8")
    return str(path)


def test_a_plan_is_put_in_force_and_kept(bare: Office) -> None:
    said = bare.run("plan", "apply", "--json")
    assert said.code == 0, said.out
    [applied] = said.document["plans"]
    assert (applied["name"], applied["before"], applied["changes"]) == ("Flat", None, [])
    assert [(one["version"], one["in_force"]) for one in bare.run("plan", "list", "--json").document["versions"]] == [
        (applied["version"], True)
    ]


def test_whoever_applies_a_plan_stands_in_the_audit_log(bare: Office) -> None:
    bare.run("plan", "apply")
    with bare.database.connect() as conn:
        row = conn.execute(text("SELECT action, subject, actor FROM audit_entry")).one()
    assert (row.action, row.subject, row.actor) == ("plan.apply", "Flat", login())


def test_applying_it_again_changes_nothing(bare: Office) -> None:
    bare.run("plan", "apply")
    assert "is in force already" in bare.run("plan", "apply").out
    assert len(bare.run("plan", "list", "--json").document["versions"]) == 1


def test_what_is_other_than_before_is_said_in_words(bare: Office) -> None:
    bare.run("plan", "apply")
    _plan(bare, PLAN.replace("10 %", "12 %"))
    said = bare.run("plan", "apply", "--json").document["plans"][0]
    assert said["changes"] == ["components, Sales, rate: was 0.1, is 0.12."]
    versions = bare.run("plan", "list", "--json").document["versions"]
    assert [(one["version"] == said["version"], one["in_force"]) for one in versions] == [(True, True), (False, False)]
    assert versions[0]["in_force_since"] > versions[1]["first_applied_at"]


def test_a_dry_run_changes_nothing(bare: Office) -> None:
    said = bare.run("plan", "apply", "--dry-run")
    assert "would be in force" in said.out
    assert bare.run("plan", "list", "--json").document["versions"] == []


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (PLAN.replace("10 %", "12 %") + TEST % 11, "payout of ann@x.com should be 11.00, and is 12.00."),
        (PLAN.replace('"10 %"', "10"), "it looks like a percentage"),
    ],
    ids=["test", "fault"],
)
@pytest.mark.parametrize("command", [["plan", "apply"], ["calculate"]], ids=" ".join)
def test_a_failing_test_or_a_fault_keeps_everything_as_it_was(
    bare: Office, command: list[str], plan: str, message: str
) -> None:
    bare.run("plan", "apply")
    before = bare.run("plan", "list", "--json").document
    _plan(bare, plan)
    said = bare.run(*command, "--json")
    assert said.code == 1
    assert any(message in problem["message"] for problem in said.document["problems"])
    assert bare.run("plan", "list", "--json").document == before


def test_a_passing_test_does_not_stand_in_the_way(bare: Office) -> None:
    _plan(bare, PLAN + TEST % 10)
    assert bare.run("plan", "apply").code == 0


def test_a_file_beside_the_settings_is_applied_with_a_warning(bare: Office) -> None:
    bare.run("plan", "apply")
    other = bare.folder / "draft.toml"
    other.write_text(PLAN.replace("Flat", "Draft"), encoding="utf-8")
    said = bare.run("plan", "apply", str(other), "--json")
    assert (said.code, [problem["severity"] for problem in said.document["problems"]]) == (0, ["warning"])
    versions = bare.run("plan", "list", "--json").document["versions"]
    assert [(one["name"], one["in_force"]) for one in versions] == [("Draft", True), ("Flat", True)]


def test_who_is_touched_is_named(salesforce_office: Office) -> None:
    salesforce_office.run("sync")
    _plan(salesforce_office, PLAN.replace("10 %", "12 %"))
    people = salesforce_office.run("plan", "apply", "--json").document["plans"][0]["people"]
    assert people
    assert all("@" in email for email in people)


def test_a_plan_is_told_in_plain_language_from_a_file_or_from_what_is_kept(bare: Office) -> None:
    path = _plan(bare)
    said = bare.run("plan", "show", path, "--json").document
    assert "10 %" in said["words"]
    bare.run("plan", "apply")
    _plan(bare, PLAN.replace("10 %", "12 %"))
    bare.run("plan", "apply")
    assert "12 %" in bare.run("plan", "show", "Flat").out
    assert "10 %" in bare.run("plan", "show", "Flat", "--version", said["version"][:8]).out


def test_a_plan_that_is_not_there_is_said_with_the_nearest(bare: Office) -> None:
    bare.run("plan", "apply")
    said = bare.run("plan", "show", "Flatt", "--json")
    assert (said.code, said.document["problems"][0]["hint"]) == (1, "Did you mean 'Flat'?")


def test_a_draft_is_compared_on_the_stored_deals_and_nothing_changes(salesforce_office: Office) -> None:
    salesforce_office.run("sync")
    draft = salesforce_office.folder / "draft.toml"
    draft.write_text(PLAN.replace("10 %", "20 %").replace("Flat", "Draft"), encoding="utf-8")
    span = ("--from", "2025-01-01", "--to", "2030-12-31")
    said = salesforce_office.run("plan", "compare", str(draft), *span, "--json")
    assert said.code == 0, said.out
    [total] = said.document["totals"]
    assert abs(Decimal(total["after"]) - 2 * Decimal(total["before"])) < 1  # each line is rounded
    assert Decimal(total["before_with_pipeline"]) > Decimal(total["before"])
    with salesforce_office.database.connect() as conn:
        assert Decimal(total["before"]) == conn.scalar(text("SELECT sum(payout) FROM statement"))
    assert [one["name"] for one in salesforce_office.run("plan", "list", "--json").document["versions"]] == ["Flat"]


def test_a_draft_of_a_plan_that_is_not_in_force_is_refused(bare: Office) -> None:
    for name in ("One", "Two"):
        (bare.folder / "plans" / f"{name}.toml").write_text(PLAN.replace("Flat", name), encoding="utf-8")
    bare.run("plan", "apply")
    draft = bare.folder / "draft.toml"
    draft.write_text(PLAN.replace("Flat", "Tow"), encoding="utf-8")
    said = bare.run("plan", "compare", str(draft), "--json")
    assert (said.code, said.document["problems"][0]["hint"]) == (2, "Did you mean 'Two'?")


CONDITIONS = """
name = "Flat"
currency = "USD"

[[components]]
name = "Sales"
condition = "status = 'won'"
rate = "10 %"

[[components]]
name = "Typing error"
condition = "stage = 'Closed Wonn'"
rate = "10 %"
"""


def test_a_condition_that_matches_nothing_stored_is_a_warning_with_its_line(salesforce_office: Office) -> None:
    path = _plan(salesforce_office, CONDITIONS)
    before = salesforce_office.run("plan", "check", path, "--json").document
    assert before["problems"] == []  # nothing is stored yet
    salesforce_office.run("pull")
    said = salesforce_office.run("plan", "check", path, "--json")
    assert said.code == 0
    [problem] = said.document["problems"]
    assert (problem["where"], problem["severity"]) == (f"{path}:12", "warning")
    assert problem["message"] == "stage = 'Closed Wonn' matches nothing that is stored."


def test_a_field_that_no_mapping_brings_is_a_fault_where_there_are_settings(salesforce_office: Office) -> None:
    path = _plan(salesforce_office, PLAN + "condition = \"segmnt = 'A'\"\n")
    said = salesforce_office.run("plan", "check", path, "--json")
    assert (said.code, said.document["problems"][0]["message"]) == (1, "there is no deal field 'segmnt'.")


def test_plan_files_are_checked_without_settings_and_without_a_database(bare: Office) -> None:
    path = _plan(bare)
    (bare.folder / "config.toml").write_text('database_url = "postgresql://nobody@127.0.0.1:9/none"', encoding="utf-8")
    assert bare.run("plan", "check", path).code == 0
