"""SOQL: what it finds, and how it refuses."""

from __future__ import annotations

from datetime import date

import pytest

from sandbox.salesforce.soql.relative import span
from sandbox.salesforce.soql.syntax import Relative
from tests.sandbox.salesforce.rest import Rest

TODAY = date(2026, 11, 23)  # a Monday


def test_fields_come_in_the_order_and_the_spelling_of_the_schema(rest: Rest) -> None:
    found = rest.ask("SELECT closedate, ID, name FROM opportunity LIMIT 1").json()["records"][0]
    assert list(found) == ["attributes", "CloseDate", "Id", "Name"]
    assert found["attributes"] == {
        "type": "Opportunity",
        "url": f"/services/data/v66.0/sobjects/Opportunity/{found['Id']}",
    }


def test_parents_are_nested_to_any_depth(rest: Rest) -> None:
    found = rest.first("SELECT Owner.Manager.Name, Owner.Email, OwnerId FROM Opportunity WHERE Owner.ManagerId != null")
    assert found["Owner"]["attributes"]["type"] == "User"
    assert found["Owner"]["attributes"]["url"].endswith(found["OwnerId"])
    assert "@" in found["Owner"]["Email"]
    assert found["Owner"]["Manager"]["Name"]


def test_a_parent_that_is_not_there_is_null(rest: Rest) -> None:
    head = rest.first("SELECT Manager.Email FROM User WHERE ManagerId = null")
    assert head == {"Manager": None}


def test_a_path_may_begin_with_the_object_or_its_alias(rest: Rest) -> None:
    plain = rest.query("SELECT Name FROM Opportunity ORDER BY Id LIMIT 3")
    assert rest.query("SELECT Opportunity.Name FROM Opportunity ORDER BY Id LIMIT 3") == plain
    assert rest.query("SELECT o.Name FROM Opportunity o ORDER BY o.Id LIMIT 3") == plain


def test_children_come_nested_with_a_size_of_their_own(rest: Rest) -> None:
    records = rest.query("SELECT Id, (SELECT SplitPercentage FROM OpportunitySplits) FROM Opportunity")
    with_splits = [one["OpportunitySplits"] for one in records if one["OpportunitySplits"]]
    assert with_splits
    for children in with_splits:
        assert children["totalSize"] == len(children["records"])
        assert sum(child["SplitPercentage"] for child in children["records"]) == pytest.approx(100)


def test_children_are_ordered_and_limited_for_each_parent(rest: Rest) -> None:
    inner = (
        "SELECT SplitPercentage FROM OpportunitySplits WHERE SplitPercentage > 0 ORDER BY SplitPercentage DESC LIMIT 1"
    )
    records = rest.query(f"SELECT Id, ({inner}) FROM Opportunity")
    sizes = [one["OpportunitySplits"]["totalSize"] for one in records if one["OpportunitySplits"]]
    assert set(sizes) == {1}


def count(rest: Rest, where: str, object_name: str = "Opportunity") -> int:
    answer = rest.ask(f"SELECT COUNT() FROM {object_name} WHERE {where}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["records"] == []
    return int(answer.json()["totalSize"])


@pytest.mark.parametrize(
    ("where", "other"),
    [
        ("IsWon = true", "IsWon = false"),
        ("StageName = 'closed won'", "StageName != 'Closed Won'"),  # text has no case
        ("StageName IN ('Closed Won', 'CLOSED LOST')", "StageName NOT IN ('Closed Won', 'Closed Lost')"),
        ("StageName LIKE 'closed%'", "NOT StageName LIKE 'Closed%'"),
        ("StageName LIKE '%Revie_'", "NOT (StageName LIKE '%Review')"),
        ("Amount = null", "Amount != null"),
        ("Amount > 10000", "(Amount <= 10000 OR Amount = null)"),
        ("Amount IN (null, 0)", "Amount NOT IN (null, 0)"),
        ("ARR__c < 5000.5", "NOT ARR__c < 5000.5"),  # records without a value are in the negation
        ("CloseDate >= 2026-06-01", "CloseDate < 2026-06-01"),
        ("CloseDate = THIS_YEAR", "CloseDate != THIS_YEAR"),
        ("CloseDate > LAST_N_DAYS:90", "CloseDate <= LAST_N_DAYS:90"),
        ("CreatedDate < LAST_QUARTER", "CreatedDate >= LAST_QUARTER"),
        ("SystemModstamp >= 2026-06-01T00:00:00Z", "SystemModstamp < 2026-06-01T02:00:00+02:00"),  # the same moment
        ("Owner.Department = 'SMB'", "Owner.Department != 'SMB'"),
        ("IsWon = true AND (Amount > 1 OR Amount = null)", "IsWon = false OR Amount <= 1"),
        (
            "Id IN (SELECT OpportunityId FROM OpportunitySplit)",
            "Id NOT IN (SELECT OpportunityId FROM OpportunitySplit)",
        ),
        ("Type <> 'Renewal'", "Type = 'Renewal'"),
    ],
)
def test_a_condition_and_its_opposite_share_out_all_records(rest: Rest, where: str, other: str) -> None:
    total = int(rest.ask("SELECT COUNT() FROM Opportunity").json()["totalSize"])
    found = count(rest, where)
    assert 0 < found < total
    assert found + count(rest, other) == total


def test_not_equal_lets_records_without_a_value_through(rest: Rest) -> None:
    without = count(rest, "Amount = null")
    assert count(rest, "Amount != 12.34") - count(rest, "Amount != null AND Amount != 12.34") == without > 0


def test_quotes_and_signs_in_text_can_be_escaped(fresh: Rest) -> None:
    record_id = fresh.id_of_a("Opportunity")
    name = 'O\'Reilly \\ 100% "best"_'
    fresh.as_person("PATCH", f"Opportunity/{record_id}", values={"Name": name})
    found = fresh.query(r"""SELECT Name FROM Opportunity WHERE Name = 'O\'Reilly \\ 100% \"best\"_'""")
    assert found == [{"Name": name}]
    assert fresh.query(r"SELECT Name FROM Opportunity WHERE Name LIKE '%100\% \"best\"\_'") == [{"Name": name}]


def test_an_id_is_found_by_15_and_18_characters(rest: Rest) -> None:
    record_id = rest.id_of_a("Opportunity")
    assert rest.query(f"SELECT Id FROM Opportunity WHERE Id = '{record_id[:15]}'") == [{"Id": record_id}]


def test_order_is_by_several_keys_with_nulls_first_unless_said_otherwise(rest: Rest) -> None:
    found = [one["Amount"] for one in rest.query("SELECT Amount FROM Opportunity ORDER BY Amount")]
    nulls = found.count(None)
    assert found[:nulls] == [None] * nulls
    assert found[nulls:] == sorted(found[nulls:])
    last = [one["Amount"] for one in rest.query("SELECT Amount FROM Opportunity ORDER BY Amount DESC NULLS LAST, Id")]
    assert last == found[nulls:][::-1] + [None] * nulls


def test_limit_and_offset_cut_a_window(rest: Rest) -> None:
    every = rest.query("SELECT Id FROM Opportunity ORDER BY Id")
    assert rest.query("SELECT Id FROM Opportunity ORDER BY Id LIMIT 5 OFFSET 10") == every[10:15]


def test_aggregates_are_exact_and_named(rest: Rest) -> None:
    amounts = rest.query("SELECT Amount FROM Opportunity WHERE Amount != null")
    cents = sum(round(one["Amount"] * 100) for one in amounts)
    found = rest.query(
        "SELECT COUNT(Id), SUM(Amount) total, MIN(Amount), MAX(Amount), AVG(Amount) FROM Opportunity "
        "WHERE Amount != null"
    )
    assert found[0]["expr0"] == len(amounts)
    assert round(found[0]["total"] * 100) == cents
    assert found[0]["expr1"] == min(one["Amount"] for one in amounts)
    assert found[0]["expr3"] == pytest.approx(cents / 100 / len(amounts))


def test_groups_are_counted_filtered_and_ordered(rest: Rest) -> None:
    groups = rest.query(
        "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC"
    )
    sizes = [group["n"] for group in groups]
    assert sizes == sorted(sizes, reverse=True)
    assert all(count(rest, f"StageName = '{group['StageName']}'") == group["n"] > 1 for group in groups)


def test_fields_all_brings_what_describe_lists(rest: Rest) -> None:
    described = rest.call("GET", "sobjects/Opportunity/describe").json()["fields"]
    found = rest.query("SELECT FIELDS(ALL) FROM Opportunity LIMIT 1")[0]
    assert list(found) == [field["name"] for field in described]


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id FORM Opportunity", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT FROM Opportunity", "MALFORMED_QUERY", "unexpected token"),
        ("UPDATE Opportunity", "MALFORMED_QUERY", "unexpected token: 'UPDATE'"),
        ("SELECT Id FROM Opportunity WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE Name = 'x", "MALFORMED_QUERY", "no viable alternative at character '''"),
        ("SELECT Id FROM Opportunity WHERE Name = x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = LAST_N_MOONS:3", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-02-30", "MALFORMED_QUERY", "day is out of range"),
        ("SELECT Id FROM Opportunity WHERE IsWon = true AND Amount > 1 OR Amount = null", "MALFORMED_QUERY", "'OR'"),
        ("SELECT Id FROM Opportunity LIMIT many", "MALFORMED_QUERY", "unexpected token: 'many'"),
        ("SELECT Id FROM Opportunity ORDER BY", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id, Id FROM Opportunity", "MALFORMED_QUERY", "duplicate field selected: Id"),
        ("SELECT Name, COUNT(Id) FROM Opportunity", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT FIELDS(ALL) FROM Opportunity", "MALFORMED_QUERY", "LIMIT of at most 200"),
        (r"SELECT Id FROM Opportunity WHERE Name = '\q'", "MALFORMED_QUERY", "Illegal escape sequence"),
        ("SELECT Id, Foo__c FROM Opportunity", "INVALID_FIELD", "No such column 'Foo__c' on entity 'Opportunity'"),
        ("SELECT Id FROM Opportunity WHERE Foo = 1", "INVALID_FIELD", "No such column 'Foo' on entity 'Opportunity'"),
        ("SELECT Id, Owner.Foo FROM Opportunity", "INVALID_FIELD", "No such column 'Foo' on entity 'User'"),
        ("SELECT Id, Boss.Name FROM Opportunity", "INVALID_FIELD", "Didn't understand relationship 'Boss'"),
        ("SELECT Id, (SELECT Id FROM Toys) FROM Opportunity", "INVALID_TYPE", "Didn't understand relationship 'Toys'"),
        ("SELECT Id FROM Deal", "INVALID_TYPE", "sObject type 'Deal' is not supported."),
        (
            "SELECT Id FROM Opportunity WHERE Amount = '1'",
            "INVALID_FIELD",
            "must be of type currency and should not be",
        ),
        ("SELECT Id FROM Opportunity WHERE Name = 1", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Opportunity WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Opportunity WHERE CloseDate > 2026-01-01T00:00:00Z", "INVALID_FIELD", "must be of type date"),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD", "must be of type boolean"),
        ("SELECT Id FROM Opportunity WHERE Description = 'a'", "INVALID_FIELD", "can not be filtered in a query call"),
        ("SELECT Id FROM Opportunity ORDER BY Description", "INVALID_FIELD", "can not be sorted in a query call"),
        ("SELECT Id FROM Opportunity WHERE OwnerId = 'Ada'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: Ada"),
        ("SELECT Id FROM Opportunity WHERE Amount LIKE '1%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
        ("SELECT Id FROM Opportunity LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset"),
        ("", "MALFORMED_QUERY", "A query string has to be specified"),
    ],
)
def test_a_query_that_cannot_be_is_refused_in_salesforces_words(rest: Rest, soql: str, code: str, message: str) -> None:
    answer = rest.ask(soql)
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == code
    assert message in answer.json()[0]["message"]


def test_an_error_shows_its_place(rest: Rest) -> None:
    message = rest.ask("SELECT Id\nFROM Deal").json()[0]["message"]
    assert message.startswith("\nFROM Deal\n     ^\nERROR at Row:2:Column:6\nsObject type 'Deal'")


@pytest.mark.parametrize(
    ("name", "number", "first", "after"),
    [
        ("today", None, date(2026, 11, 23), date(2026, 11, 24)),
        ("yesterday", None, date(2026, 11, 22), date(2026, 11, 23)),
        ("last_n_days", 7, date(2026, 11, 16), date(2026, 11, 24)),  # today counts as well
        ("next_n_days", 2, date(2026, 11, 24), date(2026, 11, 26)),
        ("n_days_ago", 3, date(2026, 11, 20), date(2026, 11, 21)),
        ("last_90_days", None, date(2026, 8, 25), date(2026, 11, 24)),
        ("this_week", None, date(2026, 11, 22), date(2026, 11, 29)),  # from Sunday
        ("last_month", None, date(2026, 10, 1), date(2026, 11, 1)),
        ("last_n_months", 2, date(2026, 9, 1), date(2026, 11, 1)),  # this month does not count
        ("this_quarter", None, date(2026, 10, 1), date(2027, 1, 1)),
        ("next_fiscal_quarter", None, date(2027, 1, 1), date(2027, 4, 1)),
        ("last_year", None, date(2025, 1, 1), date(2026, 1, 1)),
        ("n_years_ago", 2, date(2024, 1, 1), date(2025, 1, 1)),
    ],
)
def test_date_literals_are_spans_of_days(name: str, number: int | None, first: date, after: date) -> None:
    assert span(Relative(name, number), TODAY) == (first, after)


@pytest.mark.parametrize(
    ("name", "number"),
    [("last_n_days", None), ("today", 3), ("this_moon", None), ("moons_ago", 2)],
)
def test_what_is_no_date_literal_is_none(name: str, number: int | None) -> None:
    assert span(Relative(name, number), TODAY) is None
