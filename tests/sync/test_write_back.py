"""What becomes of rows a CRM does not take: tried again, parked, or settled by reading."""

from __future__ import annotations

from sqlalchemy import text

from tests.end_to_end.office import Office, control, counts


def rejecting(office: Office, code: str, count: int | None) -> None:
    fault = {"endpoint": "collections", "kind": "reject_rows", "code": code, "message": "says the org", "count": count}
    control(office.salesforce, "POST", "faults", fault)


def test_a_row_that_is_locked_is_tried_again_in_the_same_run(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    rejecting(salesforce_office, "UNABLE_TO_LOCK_ROW", 1)
    done = salesforce_office.run("sync", "--json").document
    rows = [row for step in done["steps"] for row in step["written"]]
    assert rows
    assert all(row["confirmed"] == row["wanted"] for row in rows)


def test_a_refused_row_is_parked_shown_and_not_sent_again_until_its_value_changes(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    rejecting(salesforce_office, "FIELD_CUSTOM_VALIDATION_EXCEPTION", 1)
    first = salesforce_office.run("sync", "--json").document
    assert sum(row["rejected"] for step in first["steps"] for row in step["written"]) == 1
    said = salesforce_office.run("status")
    assert said.code == 1
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in said.out
    assert "says the org" in said.out
    control(salesforce_office.salesforce, "DELETE", "requests")
    second = salesforce_office.run("sync", "--json").document
    assert sum(row["parked"] for step in second["steps"] for row in step["written"]) == 1
    assert "collections" not in counts(salesforce_office.salesforce)


def test_a_row_left_by_a_killed_process_is_read_before_it_is_sent(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    salesforce_office.run("sync")
    with salesforce_office.database.begin() as conn:
        left = conn.scalar(text("SELECT min(record_id) FROM outbox WHERE object_name = 'Opportunity'"))
        conn.execute(text("UPDATE outbox SET state = 'pending' WHERE record_id = :id"), {"id": left})
        conn.execute(text("UPDATE written SET values = '{}' WHERE record_id = :id"), {"id": left})
    control(salesforce_office.salesforce, "DELETE", "requests")
    done = salesforce_office.run("write-back", "--json").document
    assert sum(row["wanted"] for step in done["steps"] for row in step["written"]) == 0
    assert "collections" not in counts(salesforce_office.salesforce)


def test_pay_is_not_written_where_it_may_not_be_shared(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    config = salesforce_office.folder / "config.toml"
    config.write_text(config.read_text().replace("pay_on_shared_records = true", "pay_on_shared_records = false"))
    said = salesforce_office.run("sync", "--dry-run")
    assert "Attain_Credited__c" in said.out
    for field in ("Attain_Commission__c", "Attain_Payout__c", "Attain_Explanation__c", "Attain_Forecast__c"):
        assert field not in said.out
