"""Who reported to whom, in which team, on which day."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from spm.store.assigned import load_assignments
from spm.store.by_hand import apply_hierarchy
from spm.store.facts import mark_gone, store_page
from spm.store.hierarchy import load_hierarchy
from spm.store.marks import take_marks
from tests.spm.store.files import told, written
from tests.spm.store.pages import NOW, TODAY, people, person

LATER = NOW + timedelta(days=10)
DAY = LATER.date()
EVE = DAY - timedelta(days=1)
HEADER = "email,manager,team,starts_on,ends_on"


def say(conn: Connection, connection: int, *rows: dict[str, Any], now: Any = NOW) -> None:
    store_page(conn, connection, "participant", people(*rows), now=now, seen_at=None)


def ann(**more: Any) -> dict[str, Any]:
    return person("ann@example.com", "u1", **more)


def mia(**more: Any) -> dict[str, Any]:
    return person("mia@example.com", "m1", **more)


def spells(conn: Connection, email: str = "ann@example.com") -> list[tuple[Any, ...]]:
    """Manager's name, team, first and last day of each spell."""
    names = {row[0]: row[1] for row in conn.execute(text("SELECT id, split_part(email, '@', 1) FROM participant"))}
    number = conn.scalar(text("SELECT id FROM participant WHERE email = :email"), {"email": email})
    rows = load_hierarchy(conn, [number]).iter_rows()
    return [(names.get(manager), team, first, last) for _, manager, team, first, last in rows]


def test_what_is_first_known_of_somebody_was_always_so(conn: Connection, acme: int) -> None:
    say(conn, acme, mia(), ann(manager_owner_id="m1", team="West"))
    assert spells(conn) == [("mia", "West", None, None)]


def test_a_change_counts_from_the_day_it_became_known(conn: Connection, acme: int) -> None:
    say(conn, acme, mia(), ann(manager_owner_id="m1", team="West"))
    say(conn, acme, ann(team="East"), now=LATER)
    assert spells(conn) == [("mia", "West", None, EVE), (None, "East", DAY, None)]


def test_what_changes_beside_makes_no_new_spell(conn: Connection, acme: int) -> None:
    say(conn, acme, ann(team="West"))
    say(conn, acme, ann(team="West", name="Ann Lee"), now=LATER)
    assert spells(conn) == [(None, "West", None, None)]


def test_the_last_word_of_a_day_counts(conn: Connection, acme: int) -> None:
    say(conn, acme, ann(team="West"))
    for hours, team in enumerate(("East", "North")):
        say(conn, acme, ann(team=team), now=LATER + timedelta(hours=hours))
    assert spells(conn) == [(None, "West", None, EVE), (None, "North", DAY, None)]


def test_a_manager_read_later_was_so_from_the_beginning(conn: Connection, acme: int) -> None:
    say(conn, acme, ann(manager_owner_id="m1"))
    say(conn, acme, mia(), now=LATER)
    assert spells(conn) == [("mia", None, None, None)]


def test_a_new_manager_read_later_counts_from_the_change_on(conn: Connection, acme: int) -> None:
    say(conn, acme, ann())
    say(conn, acme, ann(manager_owner_id="m1"), now=LATER)
    say(conn, acme, mia(), now=LATER + timedelta(days=1))
    assert spells(conn) == [(None, None, None, DAY), ("mia", None, DAY + timedelta(days=1), None)]


def test_a_clock_that_went_back_corrects_the_spell(conn: Connection, acme: int) -> None:
    say(conn, acme, ann(team="West"))
    say(conn, acme, ann(team="East"), now=LATER)
    say(conn, acme, ann(team="North"), now=LATER - timedelta(days=3))
    assert spells(conn) == [(None, "West", None, EVE), (None, "North", DAY, None)]


def test_a_user_who_is_gone_leaves_the_last_word_to_the_others(conn: Connection, acme: int, globex: int) -> None:
    say(conn, acme, ann(team="West"))
    say(conn, globex, person("ann@example.com", "77", team="East"))
    mark_gone(conn, acme, "participant", ["u1"], now=LATER)
    assert spells(conn) == [(None, "West", None, EVE), (None, "East", DAY, None)]


def test_a_file_stands_in_the_place_of_the_crm_for_those_it_names(conn: Connection, acme: int, tmp_path: Path) -> None:
    say(conn, acme, mia(team="Leads"), ann(manager_owner_id="m1", team="West"))
    rows = ["ann@example.com,,East,,2026-06-30", "ann@example.com,Mia@example.com,West,2026-07-01,"]
    assert apply_hierarchy(conn, written(tmp_path, HEADER, *rows), now=NOW) == []
    assert spells(conn) == [
        (None, "East", None, date(2026, 6, 30)),
        ("mia", "West", date(2026, 7, 1), None),
    ]
    assert spells(conn, "mia@example.com") == [(None, "Leads", None, None)]
    apply_hierarchy(conn, [], now=NOW)
    assert spells(conn) == [("mia", "West", None, None)]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([",,West,,"], "(email): is empty."),
        (["ann@example.com,mia,West,,"], "(manager): 'mia' is no email. Write an email."),
        (["ann@example.com,ann@example.com,West,,"], "(manager): is the person themself."),
        (["ann@example.com,,West,2026-07-01,2026-06-01"], "(ends_on): 2026-06-01 is before 2026-07-01, the first day."),
        (["ann@example.com,,West,,2026-07-01", "ann@example.com,,East,2026-07-01,"], "overlaps file.csv:2"),
        (["ann@example.com,,West,2026-07-01,", "ann@example.com,,East,,"], "overlaps file.csv:3"),
        (["ann@example.com,,West,,", "ann@example.com,,East,2027-01-01,"], "overlaps file.csv:2"),
    ],
)
def test_each_mistake_in_a_hierarchy_is_told(conn: Connection, tmp_path: Path, rows: list[str], problem: str) -> None:
    [said] = told(apply_hierarchy(conn, written(tmp_path, HEADER, *rows), now=NOW), tmp_path)
    assert problem in said
    assert conn.scalar(text("SELECT count(*) FROM hierarchy_entry")) == 0


def test_a_person_or_manager_nobody_knows_waits(conn: Connection, acme: int, tmp_path: Path) -> None:
    say(conn, acme, ann(team="West"))
    rows = ["ann@example.com,mia@example.com,East,,", "bob@example.com,,East,,"]
    problems = apply_hierarchy(conn, written(tmp_path, HEADER, *rows), now=NOW)
    assert [(one.field, one.severity) for one in problems] == [("email", "warning"), ("manager", "warning")]
    assert spells(conn) == [(None, "East", None, None)]
    say(conn, acme, mia())
    assert spells(conn) == [("mia", "East", None, None)]


def test_a_difference_marks_who_moves_from_its_first_day(conn: Connection, acme: int, tmp_path: Path) -> None:
    say(conn, acme, mia(), ann(team="West"))
    apply_hierarchy(conn, written(tmp_path, HEADER, "ann@example.com,,West,,"), now=NOW)
    take_marks(conn)
    rows = ["ann@example.com,,West,,2026-06-30", "ann@example.com,,East,2026-07-01,"]
    apply_hierarchy(conn, written(tmp_path, HEADER, rows[0]), now=NOW)
    take_marks(conn)
    apply_hierarchy(conn, written(tmp_path, HEADER, *rows), now=NOW)
    taken = take_marks(conn)
    assert (len(taken.participants), taken.since) == (1, date(2026, 7, 1))
    apply_hierarchy(conn, written(tmp_path, HEADER, *rows), now=NOW)
    assert not take_marks(conn)


@pytest.mark.parametrize("shared", [True, False])
def test_on_shared_plans_old_and_new_manager_and_mates_are_marked_too(
    conn: Connection, acme: int, tmp_path: Path, shared: bool
) -> None:
    bob, zoe = person("bob@example.com", "u2", team="West"), person("zoe@example.com", "u3", team="East")
    say(conn, acme, mia(), bob, zoe, ann(manager_owner_id="m1", team="West"), person("out@example.com", "u4"))
    conn.execute(text("INSERT INTO plan_version VALUES ('h', 'P', '{}', now())"))
    conn.execute(text("INSERT INTO plan (name, version, shared) VALUES ('P', 'h', :shared)"), {"shared": shared})
    take_marks(conn)
    apply_hierarchy(conn, written(tmp_path, HEADER, "ann@example.com,,East,,"), now=NOW)
    names = conn.scalars(
        text("SELECT split_part(email, '@', 1) FROM participant WHERE id = ANY(:ids) ORDER BY email"),
        {"ids": list(take_marks(conn).participants)},
    ).all()
    assert names == (["ann", "bob", "mia", "zoe"] if shared else ["ann"])


def test_a_plan_of_a_team_holds_for_the_days_spent_in_it(conn: Connection, acme: int) -> None:
    say(conn, acme, ann(team="West"), mia())
    say(conn, acme, ann(team="West", manager_owner_id="m1"), now=NOW + timedelta(days=2))  # stays in the team
    say(conn, acme, ann(team="East"), now=LATER)
    insert = "INSERT INTO plan_assignment (who, plan, starts_on, recorded_at) VALUES (:who, :plan, '2026-01-01', now())"
    for who, plan in (("team:West", "W"), ("*", "All")):
        conn.execute(text(insert), {"who": who, "plan": plan})
    number = conn.scalar(text("SELECT id FROM participant WHERE email = 'ann@example.com'"))
    assert load_assignments(conn, [number]).rows() == [
        (number, "W", date(2026, 1, 1), EVE),
        (number, "All", DAY, None),
    ]


def test_a_person_has_one_spell_a_day(conn: Connection, acme: int) -> None:
    for days, team in enumerate(("West", "East", "West", None, "East")):
        say(conn, acme, ann(team=team), now=NOW + timedelta(days=days))
    found = spells(conn)
    assert [first for *_, first, _ in found[1:]] == [last + timedelta(days=1) for *_, last in found[:-1]]
    assert (found[0][2], found[-1][3], found[1][2]) == (None, None, TODAY + timedelta(days=1))
