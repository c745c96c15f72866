"""Quotas, assignments, rates and plans: applied whole or not at all, and every mistake told at its line."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from spm.calendar import periods
from spm.store.assigned import Spell, particular_first
from spm.store.facts import store_page
from spm.store.inputs import load_facts
from spm.store.marks import take_marks
from spm.store.reference import apply_assignments, apply_fx_rates, apply_plans, apply_quotas
from tests.spm.store.files import told, written
from tests.spm.store.pages import NOW, people, person
from tests.spm.store.versions import version

QUOTAS = "email,measure,starts_on,ends_on,amount,currency"
WHO = "who,plan,starts_on,ends_on"
RATES = "base,currency,rate,starts_on"


@pytest.fixture
def staff(conn: Connection, acme: int) -> dict[str, int]:
    rows = [person("ann@example.com", "u1", team="West"), person("bob@example.com", "u2", team="East")]
    store_page(conn, acme, "participant", people(*rows), now=NOW, seen_at=NOW)
    take_marks(conn)
    found = conn.execute(text("SELECT left(email, 3), id FROM participant"))
    return {row[0]: row[1] for row in found}


@pytest.fixture
def plans(conn: Connection) -> None:
    apply_plans(conn, [version("AE", "1"), version("SDR", "2")], now=NOW)


def test_quotas_of_a_file_are_quotas(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    lines = [
        QUOTAS,
        "Ann@Example.com,bookings,2026-01-01,2026-12-31,1250000.55,EUR",
        "bob@example.com,,2026-02-01,,0.0000000001,",
    ]
    assert apply_quotas(conn, written(tmp_path, *lines), now=NOW) == []
    facts = load_facts(conn, None, (date(2026, 1, 1), date(2026, 12, 31)), periods(1, 2026, 2026))
    assert facts.quotas.rows() == [
        (staff["ann"], "bookings", date(2026, 1, 1), date(2026, 12, 31), Decimal("1250000.55"), "EUR", None),
        (staff["bob"], "bookings", date(2026, 2, 1), date(2026, 2, 28), Decimal("0.0000000001"), None, None),
    ]


def test_the_same_file_again_changes_nothing(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    paths = written(tmp_path, QUOTAS, "ann@example.com,bookings,2026-01-01,2026-12-31,100,EUR")
    apply_quotas(conn, paths, now=NOW)
    assert take_marks(conn).participants == (staff["ann"],)
    before = conn.scalars(text("SELECT id FROM quota")).all()
    apply_quotas(conn, paths, now=NOW)
    assert not take_marks(conn)
    assert conn.scalars(text("SELECT id FROM quota")).all() == before


def test_rows_that_are_no_longer_there_are_taken_out(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    kept = "ann@example.com,bookings,2026-01-01,2026-12-31,100,EUR"
    apply_quotas(conn, written(tmp_path, QUOTAS, kept, "bob@example.com,bookings,2026-05-01,,5,EUR"), now=NOW)
    take_marks(conn)
    apply_quotas(conn, written(tmp_path, QUOTAS, kept), now=NOW)
    taken = take_marks(conn)
    assert (taken.participants, taken.since) == ((staff["bob"],), date(2026, 5, 1))
    assert conn.scalar(text("SELECT count(*) FROM quota")) == 1


def test_a_quota_waits_for_its_person(conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path) -> None:
    paths = written(tmp_path, QUOTAS, "anna@example.com,bookings,2026-01-01,2026-12-31,100,EUR")
    problems = apply_quotas(conn, paths, now=NOW)
    assert [problem.severity for problem in problems] == ["warning"]
    [said] = told(problems, tmp_path)
    assert said.startswith("file.csv:2 (email): no connected CRM has a person with the email 'anna@example.com'")
    assert said.endswith("the row waits until one has. Did you mean 'ann@example.com'?")
    store_page(conn, acme, "participant", people(person("anna@example.com", "u9")), now=NOW, seen_at=NOW)
    assert apply_quotas(conn, paths, now=NOW) == []
    facts = load_facts(conn, None, (date(2026, 1, 1), date(2026, 12, 31)), periods(1, 2026, 2026))
    assert facts.quotas.height == 1


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",bookings,2026-01-01,,1,", "(email): is empty. Fill it in, or take the row out."),
        ("ann,bookings,2026-01-01,,1,", "(email): 'ann' is no email. Write an email or team:NAME."),
        ("a@b.c,bookings,,,1,", "(starts_on): is empty. Fill it in, or take the row out."),
        ("a@b.c,bookings,1.2.2026,,1,", "(starts_on): '1.2.2026' is no day. Write days as 2026-01-31."),
        ("a@b.c,bookings,2026-02-30,,1,", "(starts_on): '2026-02-30' is no day. Write days as 2026-01-31."),
        ("a@b.c,bookings,20260201,,1,", "(starts_on): '20260201' is no day. Write days as 2026-01-31."),
        ("a@b.c,bookings,2026-02-01,2026-01-31,1,", "(ends_on): 2026-01-31 is before 2026-02-01, the first day."),
        ("a@b.c,bookings,2026-02-01,,,", "(amount): is empty. Fill it in, or take the row out."),
        ('a@b.c,bookings,2026-02-01,,"1,000",', "(amount): '1,000' is no number that can be kept exactly."),
        ("a@b.c,bookings,2026-02-01,,1e6,", "(amount): '1e6' is no number that can be kept exactly."),
        ("a@b.c,bookings,2026-02-01,,NaN,", "(amount): 'NaN' is no number that can be kept exactly."),
        ("a@b.c,bookings,2026-02-01,,0.12345678901,", "(amount): '0.12345678901' is no number"),
        (f"a@b.c,bookings,2026-02-01,,{'9' * 29},", "is no number that can be kept exactly."),
        ("a@b.c,bookings,2026-02-01,,-5,", "(amount): -5 is below zero. Write the target itself."),
        ("a@b.c,bookings,2026-02-01,,5,Euro", "(currency): 'Euro' is no currency. Write its three capital letters"),
        ("a@b.c,bookings,2026-02-01,,5,EUR,more", "has more values than there are columns. Put text with a comma"),
    ],
)
def test_each_mistake_in_a_quota_is_told_at_its_line(conn: Connection, tmp_path: Path, row: str, problem: str) -> None:
    problems = apply_quotas(conn, written(tmp_path, QUOTAS, "# by hand", "", row), now=NOW)
    [said] = told(problems, tmp_path)
    assert said.startswith("file.csv:4")
    assert problem in said
    assert conn.scalar(text("SELECT count(*) FROM quota")) == 0


def test_all_mistakes_of_all_files_are_told_at_once_and_nothing_is_applied(
    conn: Connection, staff: dict[str, int], tmp_path: Path
) -> None:
    good = "ann@example.com,bookings,2026-01-01,2026-12-31,100,EUR"
    one = written(tmp_path, QUOTAS, good, "ann,bookings,never,,many,", name="one.csv")
    two = written(tmp_path, "email,start_on,amount", good, name="two.csv")
    problems = apply_quotas(conn, [*one, *two, tmp_path / "three.csv"], now=NOW)
    places = [(problem.where.replace(f"{tmp_path}/", ""), problem.field) for problem in problems]
    assert places == [
        ("two.csv:1", "start_on"),
        ("two.csv:1", "starts_on"),
        ("three.csv", ""),
        ("one.csv:3", "email"),
        ("one.csv:3", "starts_on"),
        ("one.csv:3", "amount"),
    ]
    assert "Did you mean 'starts_on'?" in " ".join(map(str, problems))
    assert conn.scalar(text("SELECT count(*) FROM quota")) == 0


def test_the_line_is_that_of_the_row_also_below_a_row_of_two_lines(conn: Connection, tmp_path: Path) -> None:
    rows = ['ann@example.com,"book\nings",2026-01-01,2026-01-31,1,EUR', "ann,bookings,2026-01-01,,1,EUR"]
    problems = apply_quotas(conn, written(tmp_path, QUOTAS, *rows), now=NOW)
    assert told(problems, tmp_path)[0].startswith("file.csv:4 (email)")


def test_two_quotas_for_one_day_are_told(conn: Connection, tmp_path: Path) -> None:
    rows = [
        "ann@example.com,bookings,2026-01-01,2026-12-31,100,EUR",
        "ann@example.com,bookings,2026-03-01,2026-03-31,10,EUR",
        "ann@example.com,bookings,2026-12-31,2027-01-31,10,EUR",
        "ann@example.com,renewals,2026-03-01,2026-03-31,10,EUR",
    ]
    said = told(apply_quotas(conn, written(tmp_path, QUOTAS, *rows), now=NOW), tmp_path)
    assert [text_.split(" ")[0] for text_ in said] == ["file.csv:3", "file.csv:4"]
    assert all("overlaps" in text_ and "file.csv:2" in text_ for text_ in said)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "file.csv:1 (email): the column is missing."),
        (b"email,starts_on,amount,amount\n", "file.csv:1 (amount): the column is there twice."),
        (b"email,starts_on,amount,colour\n", "file.csv:1 (colour): 'colour' is no column of this file."),
        (b"email,starts_on,amount\n" + b"x" * 200_000 + b",2026-01-01,1\n", "cannot be read: field larger than"),
        (b"email,starts_on,amount\nz\0e@example.com,2026-01-01,1\n", "cannot be read: it has a NUL character"),
        ("email,starts_on,amount\nzoë@example.com,2026-01-01,1".encode("latin-1"), "cannot be read: it is not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_told(conn: Connection, tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    assert problem in told(apply_quotas(conn, [path], now=NOW), tmp_path)[0]


def test_a_spreadsheets_byte_order_mark_is_no_part_of_the_header(
    conn: Connection, staff: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Email,Starts_On,Amount\r\nann@example.com,2026-01-01,1\r\n", "utf-8-sig")
    assert apply_quotas(conn, [path], now=NOW) == []


def test_assignments_are_applied_and_mark_whom_they_touch(
    conn: Connection, staff: dict[str, int], plans: None, tmp_path: Path
) -> None:
    assert apply_assignments(conn, written(tmp_path, WHO, "*,AE,2026-01-01,"), now=NOW) == []
    assert take_marks(conn).participants == tuple(sorted(staff.values()))
    rows = ["*,AE,2026-01-01,", "team: West ,SDR,2026-07-01,"]
    assert apply_assignments(conn, written(tmp_path, WHO, *rows), now=NOW) == []
    assert take_marks(conn).participants == (staff["ann"],)
    assert apply_assignments(conn, written(tmp_path, WHO, *rows), now=NOW) == []
    assert not take_marks(conn)
    apply_assignments(conn, [], now=NOW)
    assert take_marks(conn).participants == tuple(sorted(staff.values()))


@pytest.mark.parametrize(
    ("row", "severity", "problem"),
    [
        ("ann@exampel.com,AE,2026-01-01,", "warning", "Did you mean 'ann@example.com'?"),
        ("team:Wset,AE,2026-01-01,", "warning", "nobody is in a team 'Wset'; the row waits until somebody is. Did you"),
        ("ann@example.com,AEE,2026-01-01,", "error", "there is no plan 'AEE'. Did you mean 'AE'?"),
        ("West,AE,2026-01-01,", "error", "'west' is no email. Write an email, team:NAME, or * for everybody."),
        ("*,,2026-01-01,", "error", "(plan): is empty."),
        ("*,AE,,", "error", "(starts_on): is empty."),
        ("*,AE,2026-02-01,2026-01-01", "error", "2026-01-01 is before 2026-02-01"),
    ],
)
def test_each_mistake_in_an_assignment_is_told(
    conn: Connection, staff: dict[str, int], plans: None, tmp_path: Path, row: str, severity: str, problem: str
) -> None:
    [found] = apply_assignments(conn, written(tmp_path, WHO, row), now=NOW)
    assert (found.where, found.severity) == (f"{tmp_path}/file.csv:2", severity)
    assert problem in str(found)


def test_two_plans_at_once_are_told(conn: Connection, staff: dict[str, int], plans: None, tmp_path: Path) -> None:
    rows = ["ann@example.com,AE,2026-01-01,", "ann@example.com,SDR,2026-06-01,2026-06-30"]
    [problem] = apply_assignments(conn, written(tmp_path, WHO, *rows), now=NOW)
    assert "overlaps" in problem.message


def test_rates_are_applied_and_mark_everybody(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    paths = written(tmp_path, RATES, "USD,EUR,0.91,2026-01-01", "USD,GBP,0.78,2026-03-01")
    assert apply_fx_rates(conn, paths, now=NOW) == []
    taken = take_marks(conn)
    assert (taken.participants, taken.since) == (tuple(sorted(staff.values())), date(2026, 1, 1))
    apply_fx_rates(conn, paths, now=NOW)
    assert not take_marks(conn)


def test_a_rate_for_always_marks_all_time(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    apply_fx_rates(conn, written(tmp_path, RATES, "USD,EUR,0.91,2026-01-01", "USD,GBP,0.78,"), now=NOW)
    assert take_marks(conn).since is None


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (["USD,EUR,0,"], "(rate): 0 is no rate."),
        (["USD,EUR,-1,"], "(rate): -1 is no rate."),
        (["USD,EUR,,"], "(rate): is empty."),
        (["USD,USD,1,"], "(currency): is the base itself."),
        (["US,EUR,1,"], "(base): 'US' is no currency."),
        (["USD,EUR,1,", "USD,EUR,2,"], "file.csv:3 (starts_on): the same rate is set in file.csv:2."),
    ],
)
def test_each_mistake_in_a_rate_is_told(conn: Connection, tmp_path: Path, rows: list[str], problem: str) -> None:
    found = apply_fx_rates(conn, written(tmp_path, RATES, *rows), now=NOW)
    assert problem in told(found, tmp_path)[0].replace(str(tmp_path) + "/", "")


def test_a_new_version_of_a_plan_marks_who_is_on_it(
    conn: Connection, staff: dict[str, int], plans: None, tmp_path: Path
) -> None:
    rows = ["ann@example.com,AE,2026-01-01,", "bob@example.com,SDR,2026-01-01,"]
    apply_assignments(conn, written(tmp_path, WHO, *rows), now=NOW)
    take_marks(conn)
    apply_plans(conn, [version("AE", "1"), version("SDR", "2")], now=NOW)
    assert not take_marks(conn)
    apply_plans(conn, [version("AE", "3"), version("SDR", "2")], now=NOW)
    assert take_marks(conn).participants == (staff["ann"],)


def test_versions_are_kept_when_their_plan_is_no_longer_in_force(conn: Connection, plans: None) -> None:
    apply_plans(conn, [version("AE", "1")], now=NOW)
    assert conn.scalars(text("SELECT name FROM plan")).all() == ["AE"]
    assert conn.scalars(text("SELECT hash FROM plan_version ORDER BY hash")).all() == ["1", "2"]


def test_two_plans_of_one_name_are_told_and_nothing_is_applied(conn: Connection, plans: None) -> None:
    [problem] = apply_plans(conn, [version("AE", "8"), version("AE", "9")], now=NOW)
    assert "two files describe the plan 'AE'" in problem.message
    assert conn.scalar(text("SELECT version FROM plan WHERE name = 'AE'")) == "1"


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ((3, 4), (1, 2), [(1, 2), (3, 4)]),  # side by side
        ((2, 3), (1, 5), [(1, 1), (2, 3), (4, 5)]),  # in the middle
        ((1, 5), (2, 3), [(1, 5)]),  # hidden
        ((1, 3), (1, 5), [(1, 3), (4, 5)]),
        ((3, 5), (1, 5), [(1, 2), (3, 5)]),
        ((3, None), (1, None), [(1, 2), (3, None)]),
        ((1, 3), (2, None), [(1, 3), (4, None)]),
    ],
)
def test_the_particular_hides_the_general_for_its_days(
    first: tuple[int, int | None], second: tuple[int, int | None], kept: list[tuple[int, int | None]]
) -> None:
    def spell(days: tuple[int, int | None], plan: str) -> Spell:
        return Spell(plan, date(2026, 1, days[0]), date(2026, 1, days[1]) if days[1] else None)

    found = particular_first([spell(first, "A")], [spell(second, "B")])
    assert [(one.starts_on.day, one.ends_on.day if one.ends_on else None) for one in found] == kept
