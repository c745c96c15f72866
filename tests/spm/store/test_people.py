"""One person is one participant, however many CRMs know them and whatever happens to their email."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from spm.store.facts import mark_gone, store_page, sweep
from spm.store.marks import take_marks
from tests.spm.store.pages import NOW, people, person

LATER = NOW + timedelta(hours=1)


def store(conn: Connection, connection: int, *rows: dict[str, Any], now: Any = NOW) -> Any:
    return store_page(conn, connection, "participant", people(*rows), now=now, seen_at=now)


def participant(conn: Connection, email: str) -> Any:
    return conn.execute(text("SELECT * FROM participant WHERE email = :email"), {"email": email}).one()


def owners(conn: Connection) -> dict[str, str]:
    """The present email behind each owner id."""
    query = (
        "SELECT owner_id, participant.email FROM participant_link JOIN participant ON participant.id = participant_id"
    )
    return {row[0]: row[1] for row in conn.execute(text(query))}


def test_a_person_is_new_once(conn: Connection, acme: int) -> None:
    first, second = (store(conn, acme, person("ann@example.com", "u1")) for _ in range(2))
    assert (first.new, first.changed, first.unchanged) == (1, 0, 0)
    assert (second.new, second.changed, second.unchanged, second.participants) == (0, 0, 1, ())


def test_one_email_in_two_crms_is_one_participant(conn: Connection, acme: int, globex: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"))
    store(conn, globex, person("Ann@Example.com ", "77"))
    assert owners(conn) == {"u1": "ann@example.com", "77": "ann@example.com"}
    assert conn.scalar(text("SELECT count(*) FROM participant")) == 1


def test_two_users_of_one_email_are_one_participant(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"), person("ann@example.com", "u2"))
    assert conn.scalar(text("SELECT count(*) FROM participant")) == 1


def test_a_renamed_person_stays_who_they_are(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"))
    before = participant(conn, "ann@example.com").id
    store(conn, acme, person("ann.lee@example.com", "u1"))
    assert participant(conn, "ann.lee@example.com").id == before


def test_a_renamed_person_of_two_users_in_one_crm_stays_who_they_are(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"), person("ann@example.com", "u2"))
    before = participant(conn, "ann@example.com").id
    store(conn, acme, person("ann.lee@example.com", "u1"), person("ann.lee@example.com", "u2"))
    assert participant(conn, "ann.lee@example.com").id == before
    assert conn.scalar(text("SELECT count(*) FROM participant")) == 1


def test_an_owner_id_given_to_somebody_known_is_theirs_from_then_on(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"), person("bob@example.com", "u2"))
    store(conn, acme, person("bob@example.com", "u1"))
    assert owners(conn) == {"u1": "bob@example.com", "u2": "bob@example.com"}


def test_a_licence_given_to_another_person_does_not_take_the_first_ones_name(
    conn: Connection, acme: int, globex: int
) -> None:
    store(conn, acme, person("ann@example.com", "u1"))
    store(conn, globex, person("ann@example.com", "77"))
    store(conn, globex, person("new.hire@example.com", "77"))
    assert owners(conn) == {"u1": "ann@example.com", "77": "new.hire@example.com"}


def test_a_person_renamed_in_both_crms_is_one_participant_again(conn: Connection, acme: int, globex: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"))
    store(conn, globex, person("ann@example.com", "77"))
    store(conn, globex, person("ann.lee@example.com", "77"))
    store(conn, acme, person("ann.lee@example.com", "u1"))
    assert set(owners(conn).values()) == {"ann.lee@example.com"}


def test_two_people_who_swap_owner_ids_swap_deals(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"), person("bob@example.com", "u2"))
    store(conn, acme, person("bob@example.com", "u1"), person("ann@example.com", "u2"))
    assert owners(conn) == {"u1": "bob@example.com", "u2": "ann@example.com"}


def test_a_moved_link_marks_whom_it_leaves_and_whom_it_joins(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"), person("bob@example.com", "u2"))
    take_marks(conn)
    store(conn, acme, person("bob@example.com", "u1"))
    both = {participant(conn, email).id for email in ("ann@example.com", "bob@example.com")}
    assert set(take_marks(conn).participants) == both


def test_what_is_said_of_a_person_is_taken_over(conn: Connection, acme: int) -> None:
    said = {"name": "Ann", "team": "West", "currency": "EUR", "hire_date": date(2025, 1, 1)}
    store(conn, acme, person("ann@example.com", "u1", **said))
    row = participant(conn, "ann@example.com")
    assert {name: getattr(row, name) for name in said} == said
    assert row.active


def test_the_connection_set_up_first_is_heard_first(conn: Connection, acme: int, globex: int) -> None:
    store(conn, globex, person("ann@example.com", "77", team="East", currency="EUR"))
    store(conn, acme, person("ann@example.com", "u1", team="West"))
    row = participant(conn, "ann@example.com")
    assert (row.team, row.currency) == ("West", "EUR")  # column by column


@pytest.mark.parametrize("change", [{"active": False}, None], ids=["left there", "gone there"])
def test_a_record_in_use_is_heard_before_one_that_is_not(
    conn: Connection, acme: int, globex: int, change: dict[str, Any] | None
) -> None:
    store(conn, acme, person("ann@example.com", "u1", team="West"))
    store(conn, globex, person("ann@example.com", "77", team="East"))
    if change is None:
        mark_gone(conn, acme, "participant", ["u1"], now=LATER)
    else:
        store(conn, acme, person("ann@example.com", "u1", team="West", **change))
    row = participant(conn, "ann@example.com")
    assert (row.team, row.active) == ("East", True)


def test_a_person_who_left_everywhere_is_not_active(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"))
    gone = mark_gone(conn, acme, "participant", ["u1"], now=LATER)
    assert (gone.changed, participant(conn, "ann@example.com").active) == (1, False)
    assert len(gone.participants) == 1


def test_a_user_who_comes_back_is_active_again(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"))
    mark_gone(conn, acme, "participant", ["u1"], now=LATER)
    assert store(conn, acme, person("ann@example.com", "u1")).changed == 1
    assert participant(conn, "ann@example.com").active


def test_a_manager_may_be_read_after_their_people(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1", manager_owner_id="u9"))
    assert participant(conn, "ann@example.com").manager_id is None
    store(conn, acme, person("boss@example.com", "u9"))
    assert participant(conn, "ann@example.com").manager_id == participant(conn, "boss@example.com").id


def test_a_sweep_takes_users_who_were_not_read(conn: Connection, acme: int) -> None:
    store(conn, acme, person("ann@example.com", "u1"), person("bob@example.com", "u2"))
    store(conn, acme, person("ann@example.com", "u1"), now=LATER)
    assert sweep(conn, acme, "participant", seen_before=LATER, now=LATER).changed == 1
    assert not participant(conn, "bob@example.com").active
