"""What a pull leaves in the tables: all that is there, nothing that is not, and what was wrong with it."""

from __future__ import annotations

from sqlalchemy import Engine, text

from attain.wiring import DEFAULT_MAPPINGS
from tests.end_to_end.office import Office, control, counts


def scalar(engine: Engine, query: str) -> object:
    with engine.connect() as conn:
        return conn.scalar(text(query))


def own_mapping(office: Office, *changes: tuple[str, str]) -> None:
    mapping = (DEFAULT_MAPPINGS / "salesforce.toml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in mapping
        mapping = mapping.replace(before, after)
    (office.folder / "mapping.toml").write_text(mapping, encoding="utf-8")
    office.settings = {"acme": {"mapping": "mapping.toml"}}
    office.furnish()


def test_a_mapping_that_says_something_else_reads_everything_anew(salesforce_office: Office) -> None:
    salesforce_office.run("pull")
    before = scalar(salesforce_office.database, "SELECT count(*) FROM deal WHERE gone_at IS NULL")
    own_mapping(salesforce_office, ('stage = "StageName"', 'stage = "upper(StageName)"'))
    done = salesforce_office.run("pull", "--json").document
    read = {row["object_name"]: row["records"] for row in done["steps"][0]["pulled"]}
    assert read["Opportunity"] == before
    assert read["Task"] == 0  # its section says what it said
    assert scalar(salesforce_office.database, "SELECT count(*) FROM deal WHERE stage <> upper(stage)") == 0


def test_a_full_read_finds_what_was_deleted_without_a_trace(salesforce_office: Office) -> None:
    salesforce_office.run("pull")
    deal = scalar(salesforce_office.database, "SELECT min(crm_id) FROM deal WHERE gone_at IS NULL")
    url = salesforce_office.salesforce
    control(url, "DELETE", f"records/Opportunity/{deal}?hard=true")
    control(url, "POST", "faults", {"endpoint": "deleted", "count": None, "kind": "answer", "status": 404})
    salesforce_office.run("pull", "--full")
    control(url, "DELETE", "faults")
    gone = f"SELECT gone_at IS NOT NULL FROM deal WHERE crm_id = '{deal}'"
    assert scalar(salesforce_office.database, gone) is True


def test_a_record_that_can_no_longer_be_read_keeps_what_is_known_of_it(salesforce_office: Office) -> None:
    winning = "when IsWon then 'won'"
    salesforce_office.run("pull")
    deal = scalar(salesforce_office.database, "SELECT min(crm_id) FROM deal WHERE gone_at IS NULL AND status = 'won'")
    unreadable = f"when Id = '{deal}' then 'unheard of' {winning}"
    own_mapping(salesforce_office, (winning, unreadable))
    assert salesforce_office.run("pull", "--full").code == 1
    kept = f"SELECT status FROM deal WHERE crm_id = '{deal}' AND gone_at IS NULL"
    assert scalar(salesforce_office.database, kept) == "won"
    told = f"SELECT count(*) FROM problem WHERE place = 'acme Opportunity {deal}' AND severity = 'error'"
    assert scalar(salesforce_office.database, told) == 1


def test_a_problem_is_gone_when_the_record_is_mended(salesforce_office: Office) -> None:
    url = salesforce_office.salesforce
    own_mapping(salesforce_office, ('amount = "Amount"', 'amount = "NextStep"'))
    salesforce_office.run("pull")
    deal = scalar(salesforce_office.database, "SELECT min(crm_id) FROM deal WHERE gone_at IS NULL")
    told = f"SELECT count(*) FROM problem WHERE place = 'acme Opportunity {deal}'"
    for step, expected in (("a lot", 1), ("1500.50", 0)):
        control(url, "PATCH", f"records/Opportunity/{deal}", {"values": {"NextStep": step}})
        salesforce_office.run("pull")
        assert scalar(salesforce_office.database, told) == expected, step


def test_a_read_asks_for_mapped_fields_in_as_few_calls_as_there_are_pages(salesforce_office: Office) -> None:
    url = salesforce_office.salesforce
    salesforce_office.run("provision")
    control(url, "DELETE", "requests")
    salesforce_office.run("pull")
    used = counts(url)
    objects = 9  # sections of the shipped mapping; each is one page here
    assert used["query_all"] <= objects
    assert "query_more" not in used


def test_a_second_process_on_one_connection_is_told_so(salesforce_office: Office) -> None:
    salesforce_office.run("pull")
    with salesforce_office.database.connect() as conn:
        number = conn.scalar(text("SELECT id FROM connection WHERE name = 'acme'"))
        conn.execute(text("SELECT pg_advisory_lock(hashtextextended(:key, 0))"), {"key": f"attain connection {number}"})
        said = salesforce_office.run("pull")
    assert said.code == 3
    assert "another attain process is working on connection acme" in said.err
