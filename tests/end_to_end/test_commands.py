"""What the commands say to somebody who meets them for the first time: true, short, with the next step."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from attain.cli import main
from tests.end_to_end.office import Office, Said, control, query


def _no_pay(office: Office) -> Office:
    config = office.folder / "config.toml"
    told = config.read_text(encoding="utf-8")
    config.write_text(told.replace("pay_on_shared_records = true", "pay_on_shared_records = false"), encoding="utf-8")
    return office


def test_check_before_provision_says_one_thing_for_each_connection(office: Office) -> None:
    said = office.run("check", "--json")
    assert said.code == 1
    assert [problem["where"] for problem in said.document["problems"]] == ["connection acme", "connection hub"]
    assert "13 fields to write" in said.document["problems"][0]["message"]
    assert "attain provision" in said.document["problems"][0]["hint"]


@pytest.mark.parametrize("command", [["check"], ["mapping", "check"]])
def test_pay_fields_are_not_asked_for_where_pay_is_not_shared(office: Office, command: list[str]) -> None:
    _no_pay(office).run("provision")
    said = office.run(*command)
    assert said.code == 0, said.err
    assert said.err == ""


def test_provision_says_that_pay_is_left_out_and_what_comes_next(office: Office) -> None:
    planned = _no_pay(office).run("provision", "--dry-run")
    assert "write_back.pay_on_shared_records is false" in planned.out
    assert "Next: `attain provision`." in planned.out
    assert "Next: `attain sync --dry-run`." in office.run("provision").out


def test_provision_of_one_connection_goes_on_when_the_other_cannot_be_had(office: Office) -> None:
    office.settings = {"hub": {"access_token": "pat-wrong"}}
    said = office.furnish().run("provision", "--json")
    assert said.code == 1
    assert list(said.document["connections"]) == ["acme"]
    assert [problem["where"] for problem in said.document["problems"]] == ["connection hub"]


def test_provision_of_a_host_that_does_not_answer_is_to_be_tried_later(salesforce_office: Office) -> None:
    salesforce_office.settings = {"acme": {"instance_url": "http://127.0.0.1:9"}}
    assert salesforce_office.furnish().run("provision").code == 3


def test_a_wrong_token_is_said_once_and_not_for_every_field(office: Office) -> None:
    office.run("provision")
    office.settings = {"hub": {"access_token": "pat-wrong"}}
    said = office.furnish().run("mapping", "check", "--json")
    assert len(said.document["problems"]) == 1


def test_a_preview_of_one_connection_is_shown_when_the_other_cannot_be_had(office: Office) -> None:
    office.settings = {"hub": {"access_token": "pat-wrong"}}
    said = office.furnish().run("mapping", "preview", "deal", "--records", "1", "--json")
    assert [one["connection"] for one in said.document["records"]] == ["acme"]
    assert said.document["problems"]


def test_a_preview_shows_numbers_as_people_write_them(salesforce_office: Office) -> None:
    said = salesforce_office.run("mapping", "preview", "deal", "--records", "20", "--json")
    amounts = [one["normalised"]["amount"] for one in said.document["records"] if one["normalised"]["amount"]]
    assert amounts
    assert not [amount for amount in amounts if "E" in amount or ("." in amount and amount.endswith("0"))]


def test_check_finds_what_is_wrong_in_csv_files_and_stores_nothing_of_them(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    salesforce_office.assignments = "who,plan,starts_on,ends_on\n*,Flat,01.02.2025,\n"
    salesforce_office.quotas = "email,starts_on,amount\njo@example.com,2026-01-01,12o0\n"
    said = salesforce_office.furnish().run("check", "--json")
    assert said.code == 1
    places = [problem["where"].rpartition("/")[2] for problem in said.document["problems"]]
    assert {"assignments.csv:2", "quotas.csv:2"} <= set(places)
    with salesforce_office.database.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM plan_version")).scalar() == 0


def test_a_dry_run_names_deals_and_people(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    said = salesforce_office.run("sync", "--dry-run")
    told = said.out.partition("Would be written to Opportunity")[2]
    record = next(word for word in told.split() if word.startswith("006"))
    name = query(salesforce_office.salesforce, f"SELECT Name FROM Opportunity WHERE Id = '{record}'")[0]["Name"]
    assert name in told
    assert "@example.com" in said.out.partition("Would be written to User")[2]


def test_problems_found_earlier_are_counted_when_nothing_is_new(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    deal = query(salesforce_office.salesforce, "SELECT Id FROM Opportunity WHERE IsWon = true ORDER BY Id LIMIT 1")[0]
    lost = {"values": {"Amount": None, "ARR__c": None}}
    control(salesforce_office.salesforce, "PATCH", f"records/Opportunity/{deal['Id']}", lost)
    salesforce_office.run("sync")
    said = salesforce_office.run("sync")
    shown = salesforce_office.run("status", "--json").document["problems"]
    assert shown
    assert f"{len(shown)} problem" in said.out
    assert "`attain status`" in said.out


def test_an_unknown_connection_is_wrong_usage(salesforce_office: Office) -> None:
    said = salesforce_office.run("sync", "--connection", "acm")
    assert said.code == 2
    assert "Did you mean 'acme'?" in said.err


@pytest.mark.parametrize("command", ["check", "sync", "provision"])
def test_without_a_connection_nothing_is_done(tmp_path: Path, command: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text("", encoding="utf-8")
    done = CliRunner().invoke(main, [command, "--config", str(config)])
    assert done.exit_code == 1
    assert "config.example.toml" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml"]


@pytest.fixture
def interrupted(salesforce_office: Office) -> Said:
    salesforce_office.run("provision")
    process = salesforce_office.start("sync")
    with salesforce_office.database.connect() as conn:
        for _ in range(300):
            if conn.execute(text("SELECT count(*) FROM sync_run")).scalar():
                break
            conn.rollback()
            time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Said(process.returncode, out, err)


def test_ctrl_c_ends_with_130_without_a_traceback_and_the_next_run_goes_on(
    salesforce_office: Office, interrupted: Said
) -> None:
    assert interrupted.code == 130
    assert "Traceback" not in interrupted.err
    assert "Ctrl-C" in interrupted.err
    states = {step["state"] for step in salesforce_office.run("sync", "--json").document["steps"]}
    assert states == {"done"}


def test_the_demo_empties_no_folder_but_its_own(tmp_path: Path) -> None:
    kept = tmp_path / "payroll.xlsx"
    kept.write_text("kept", encoding="utf-8")
    done = CliRunner().invoke(main, ["demo", "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert "not the demo's" in done.stderr
    assert kept.read_text(encoding="utf-8") == "kept"
