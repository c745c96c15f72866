"""Whatever a CRM answers, a read is whole or says that it is not, and goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ID, Cursor, FixSettings, Page, PullRequest, StopRun, TryLater
from tests.connectors.salesforce.paper import CUT, HTML, NOW, PaperOrg, Reply, answer, connected, deal, error, stamp


def request(cursor: Cursor | None = None, *fields: str) -> PullRequest:
    return PullRequest("Opportunity", fields or ("Name",), cursor, NOW)


def ids(pages: Iterator[Page] | list[Page]) -> list[str]:
    return [record_id for page in pages for record_id in page.records[ID]]


def pull(org: PaperOrg, cursor: Cursor | None = None, **given: Any) -> list[Page]:
    with connected(org, **given) as watched:
        return list(watched.connector.pull(request(cursor)))


def collect(
    org: PaperOrg, kind: type[Exception] | tuple[type[Exception], ...], match: str, cursor: Cursor | None = None
) -> list[Page]:
    """The pages handed over before the error."""
    had: list[Page] = []
    with connected(org) as watched, pytest.raises(kind, match=match):
        _note(watched.connector.pull(request(cursor)), had)
    return had


def _note(pages: Iterator[Page], had: list[Page]) -> None:
    for page in pages:
        had.append(page)


orgs = st.builds(
    lambda seconds, size: PaperOrg({"Opportunity": [deal(n, s) for n, s in enumerate(seconds)]}, page_size=size),
    st.lists(st.integers(0, 4), min_size=1, max_size=25),  # few seconds: many equal stamps, over page borders too
    st.integers(1, 7),
)


@settings(deadline=None, max_examples=50)
@given(org=orgs)
def test_every_record_comes_once_in_as_few_calls_as_pages(org: PaperOrg) -> None:
    pages = pull(org)
    every = [row["Id"] for row in org.rows["Opportunity"]]
    assert sorted(ids(pages)) == every
    assert org.count("query") == len(pages) == -(-len(every) // org.page_size)
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert {page.expected for page in pages} == {len(every)}


@settings(deadline=None, max_examples=50)
@given(org=orgs, data=st.data())
def test_a_run_killed_after_any_page_goes_on_right_after_it(org: PaperOrg, data: st.DataObject) -> None:
    whole, seen, cursor = sorted(row["Id"] for row in org.rows["Opportunity"]), [], None
    last = False
    while not last:
        with connected(org) as watched:
            pages = watched.connector.pull(request(cursor))
            for _ in range(data.draw(st.integers(1, 3))):
                page = next(pages, None)
                if page is None:
                    break
                seen += page.records[ID].to_list()
                cursor, last = page.cursor, page.last
    assert sorted(seen) == whole


@settings(deadline=None, max_examples=50)
@given(org=orgs, data=st.data())
def test_a_record_changed_during_the_read_is_read_in_its_last_state(org: PaperOrg, data: st.DataObject) -> None:
    rows = org.rows["Opportunity"]

    def change(path: str) -> None:
        row = data.draw(st.sampled_from(rows))
        rows[rows.index(row)] = {**row, "Name": "changed", "SystemModstamp": stamp(100 + len(org.calls))}

    org.on_call = change
    first = pull(org)
    org.on_call = lambda path: None
    org.now = NOW + timedelta(seconds=60)
    second = pull(org, first[-1].cursor)
    held = {row[ID]: row["Name"] for page in [*first, *second] for row in page.records.iter_rows(named=True)}
    assert held == {row["Id"]: row["Name"] for row in rows}


PAGE_FAULTS: list[Reply] = [
    error("SERVER_UNAVAILABLE", status=503),
    (503, {"Content-Type": "text/html"}, "<html>Service Unavailable</html>"),
    (502, {"Content-Type": "text/html"}, "<html>Bad Gateway</html>"),
    error("UNKNOWN_EXCEPTION", status=500),
    error("INVALID_SESSION_ID", "Session expired or invalid", 401),
    (401, {"Content-Type": "text/html"}, "<html>Please log in</html>"),
    error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 403),
    requests.exceptions.ReadTimeout(),
    requests.exceptions.ConnectionError("Connection aborted."),
    requests.exceptions.ChunkedEncodingError(),
    HTML,
    CUT,
    (200, {"Content-Type": "application/json"}, ""),
    answer([]),
    answer({"totalSize": 5, "done": False, "records": []}),
]


@pytest.mark.parametrize("fault", PAGE_FAULTS, ids=str)
@pytest.mark.parametrize("where", ["queryAll", "01g1-2", "01g1-4"])
def test_a_fault_on_one_page_costs_one_more_call_and_no_record(fault: Reply, where: str) -> None:
    org = PaperOrg({"Opportunity": [deal(n, 0) for n in range(5)]}, page_size=2, replies=[(where, fault)])
    pages = pull(org)
    assert ids(pages) == [row["Id"] for row in org.rows["Opportunity"]]
    assert org.count("query") == 4


@pytest.mark.parametrize("fault", PAGE_FAULTS, ids=str)
def test_a_fault_that_lasts_ends_the_run_by_name_and_the_next_one_goes_on(fault: Reply) -> None:
    org = PaperOrg({"Opportunity": [deal(n, 0) for n in range(5)]}, page_size=2, replies=[("01g1-4", fault)] * 9)
    had = collect(org, (TryLater, FixSettings), "acme: ")
    org.replies = []
    rest = pull(org, had[-1].cursor)
    assert ids([*had, *rest]) == [row["Id"] for row in org.rows["Opportunity"]]


def test_an_expired_locator_is_replaced_by_the_place_reached() -> None:
    org = PaperOrg({"Opportunity": [deal(n, n) for n in range(5)]}, page_size=2)
    org.replies = [("01g1-2", error("INVALID_QUERY_LOCATOR"))]
    pages = pull(org)
    assert ids(pages) == [row["Id"] for row in org.rows["Opportunity"]]
    assert "Id > '006000000000000001'" in org.queries[1]


def test_a_short_page_with_a_link_is_not_the_end() -> None:
    rows = [deal(n, n) for n in range(4)]
    org = PaperOrg({"Opportunity": rows}, page_size=3)
    short = {"totalSize": 4, "done": False, "nextRecordsUrl": "/services/data/v66.0/query/01g1-1", "records": rows[:1]}
    org.replies = [("queryAll", answer(short))]
    org._open["01g1"] = (4, rows)
    assert ids(pull(org)) == [row["Id"] for row in rows]


def test_an_end_before_the_announced_count_is_asked_again() -> None:
    rows = [deal(n, n) for n in range(5)]
    org = PaperOrg({"Opportunity": rows}, page_size=2)
    org.replies = [("01g1-2", answer({"totalSize": 5, "done": True, "records": []}))]
    assert ids(pull(org)) == [row["Id"] for row in rows]


@pytest.mark.parametrize(
    ("total", "why"),
    [
        (3, "twice gave fewer rows"),  # asked again, it announces the missing rows and keeps them back once more
        (0, "announced 3 more rows and now knows of 0"),  # asked again, it knows nothing of them
    ],
)
def test_an_end_that_stays_too_early_takes_the_cursor_back_and_stops(total: int, why: str) -> None:
    rows = [deal(n, n) for n in range(5)]
    org = PaperOrg({"Opportunity": rows}, page_size=2)
    org.replies = [
        ("01g1-2", answer({"totalSize": 5, "done": True, "records": []})),
        ("WHERE", answer({"totalSize": total, "done": True, "records": []})),
    ]
    had = collect(org, StopRun, why)
    assert ids(had) == [row["Id"] for row in rows[:2]]
    assert ids(pull(org, had[-1].cursor)) == [row["Id"] for row in rows]


def test_links_in_a_circle_stop_the_run_and_take_the_cursor_back() -> None:
    rows = [deal(n, n) for n in range(5)]
    org = PaperOrg({"Opportunity": rows}, page_size=2)
    circle = {
        "totalSize": 9,
        "done": False,
        "nextRecordsUrl": "/services/data/v66.0/query/01g1-2",
        "records": rows[2:4],
    }
    org.replies = [("01g1-2", answer(circle))] * 2
    had = collect(org, StopRun, "in a circle")
    assert had[-1].records.is_empty()
    assert ids(pull(PaperOrg({"Opportunity": rows}), had[-1].cursor)) == [row["Id"] for row in rows]


def test_an_order_not_kept_never_leaves_a_place_to_go_on_from() -> None:
    rows = [deal(n, s) for n, s in enumerate([1, 5, 3, 2, 4])]
    org = PaperOrg({"Opportunity": rows}, page_size=2)
    org._open["01g0"] = (5, rows)
    org.replies = [("queryAll", org._more("01g0-0"))]
    pages = pull(org)
    assert sorted(ids(pages)) == [row["Id"] for row in rows]
    assert [page.cursor["place"] for page in pages[1:]] == [None, None]
    assert pages[-1].cursor["watermark"]["modified"] == "2026-11-23T08:00:05+00:00"


@pytest.mark.parametrize("code", ["QUERY_TIMEOUT", "OPERATION_TOO_LARGE"])
def test_a_query_too_large_is_read_in_smaller_pieces(code: str) -> None:
    org = PaperOrg({"Opportunity": [deal(n, n // 100) for n in range(950)]}, replies=[("queryAll", error(code))] * 3)
    pages = pull(org, page_size=1000)
    assert ids(pages) == [row["Id"] for row in org.rows["Opportunity"]]
    assert [query.partition(" LIMIT ")[2] for query in org.queries] == ["250"] * 4


def test_what_is_too_large_in_any_piece_is_left_for_later() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0)]}, replies=[("queryAll", error("QUERY_TIMEOUT"))] * 9)
    collect(org, TryLater, "takes too long over 125 records of Opportunity")


def test_the_same_piece_again_and_again_stops_the_run() -> None:
    rows = [deal(n, 0) for n in range(200)]
    piece = answer({"totalSize": 125, "done": True, "records": rows[:125]})
    org = PaperOrg({"Opportunity": rows}, replies=[("queryAll", error("QUERY_TIMEOUT"))] * 5 + [("LIMIT", piece)] * 2)
    assert collect(org, StopRun, "the same rows again")[-1].records.is_empty()


def test_objects_without_a_stamp_are_read_whole_by_id() -> None:
    rows = [{"Id": f"01L{n:015d}", "Name": "x"} for n in range(5)]
    org = PaperOrg({"Opportunity": rows}, page_size=2)
    org.replies = [("01g1-2", error("INVALID_QUERY_LOCATOR"))]
    pages = pull(org)
    assert ids(pages) == [row["Id"] for row in rows]
    assert org.queries[-1].endswith("WHERE Id > '01L000000000000001' ORDER BY Id")
    assert ids(pull(org, pages[-1].cursor)) == [row["Id"] for row in rows]


def test_rows_in_the_bin_come_back_as_gone() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0), deal(1, 1, IsDeleted=True)]})
    (page,) = pull(org)
    assert (ids([page]), page.gone) == (["006000000000000000"], ("006000000000000001",))


def test_hard_deletes_are_found_and_what_lives_again_is_not() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0), deal(1, 1)]})
    first = pull(org)
    assert org.count("deleted") == 0  # nobody holds anything yet
    org.rows["Opportunity"] = [deal(0, 0)]
    org.deleted = ["006000000000000000", "006000000000000001"]
    org.now = NOW + timedelta(seconds=60)
    second = pull(org, first[-1].cursor)
    assert second[-1].gone == ("006000000000000001",)


@pytest.mark.parametrize(
    "refusal", [error("NOT_FOUND", status=404), error("INVALID_REPLICATION_DATE"), error("X", status=403)]
)
def test_an_object_that_does_not_tell_its_deletes_is_read_all_the_same(refusal: Reply) -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0)]})
    cursor = pull(org)[-1].cursor
    org.replies = [("deleted", refusal)]
    assert pull(org, cursor)[-1].gone == ()


def test_a_cursor_older_than_the_crm_remembers_asks_for_what_it_can_tell() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0)]})
    cursor = {**pull(org)[-1].cursor, "deleted_until": (NOW - timedelta(days=90)).isoformat()}
    assert pull(org, cursor)[-1].last
    assert org.count("deleted") == 1


def test_nothing_new_costs_one_query_and_one_question_for_deletes() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0)]})
    cursor = pull(org)[-1].cursor
    org.calls.clear()
    assert ids(pull(org, cursor)) == []
    assert [path.rsplit("/v66.0/")[-1] for _, path in org.calls] == [
        "/services/oauth2/token",
        "sobjects/Opportunity/describe",
        "queryAll/",
        "sobjects/Opportunity/deleted/",
    ]


def test_fields_the_user_cannot_see_are_named_before_anything_is_read() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0)]})
    with connected(org) as watched, pytest.raises(FixSettings, match="no field Nmae, ARR__c") as caught:
        list(watched.connector.pull(request(None, "Nmae", "Name", "ARR__c")))
    assert "Did you mean 'Name'?" in caught.value.hint
    assert "field-level security" in caught.value.hint
    assert org.count("query") == 0


def test_a_field_hidden_since_the_describe_is_named_with_its_object() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0)]})
    message = "\nSELECT Id, Name\n ^\nERROR at Row:1:Column:12\nNo such column 'Name' on entity 'Opportunity'."
    org.replies = [("queryAll", error("INVALID_FIELD", message))]
    with connected(org) as watched, pytest.raises(FixSettings, match="acme: Opportunity has no field Name") as caught:
        list(watched.connector.pull(request()))
    assert "field-level security" in caught.value.hint


def test_an_object_the_user_cannot_see_is_named_with_the_permission() -> None:
    with connected(PaperOrg()) as watched, pytest.raises(FixSettings, match="no object DatedConversionRate") as caught:
        list(watched.connector.pull(PullRequest("DatedConversionRate", ("IsoCode",), None, NOW)))
    assert "Read permission" in caught.value.hint


def test_what_comes_to_light_while_a_run_lies_interrupted_is_read_by_the_next() -> None:
    org = PaperOrg({"Opportunity": [deal(0, 0)]}, page_size=2)
    cursor = pull(org)[-1].cursor
    start = NOW.replace(hour=8) + timedelta(seconds=2000)
    org.now = start + timedelta(seconds=10)
    org.rows["Opportunity"] += [deal(n, 2000 + n) for n in range(3, 8)]
    with connected(org) as watched:
        first = next(watched.connector.pull(request(cursor)))  # and killed
    org.rows["Opportunity"].append(deal(1, 2000, Name="late"))  # committed now, stamped before the page just read
    org.now = start + timedelta(hours=1)
    rest = pull(org, first.cursor)
    assert "006000000000000001" not in ids([first, *rest])
    org.now = start + timedelta(hours=2)
    assert "006000000000000001" in ids(pull(org, rest[-1].cursor))


class MovingOrg(PaperOrg):
    """Counts its pages by place in the rows as they are now: a record that changes pushes others over an edge."""

    def _more(self, address: str) -> Reply:
        locator, _, offset = address.partition("-")
        total, rows = self._open[locator]
        if int(offset):
            now = {row["Id"]: row for row in self.rows["Opportunity"]}
            rows = sorted((row | {"SystemModstamp": now[row["Id"]]["SystemModstamp"]} for row in rows), key=_by_stamp)
            self._open[locator] = (total, rows)
        return super()._more(address)


def _by_stamp(row: dict[str, Any]) -> tuple[str, str]:
    return row["SystemModstamp"], row["Id"]


def test_record_that_changes_between_pages_costs_no_other_one() -> None:
    org = MovingOrg({"Opportunity": [deal(n, n) for n in range(10)]}, page_size=4)

    def edit_once(path: str) -> None:
        if "/query/" in path and org.rows["Opportunity"][1]["SystemModstamp"] == stamp(1):
            org.rows["Opportunity"][1]["SystemModstamp"] = stamp(60)

    org.on_call = edit_once
    pages = pull(org)
    assert set(ids(pages)) == {row["Id"] for row in org.rows["Opportunity"]}
    assert pages[-1].last
    assert [page.last for page in pages].count(True) == 1


def test_read_killed_while_it_starts_over_goes_on_without_a_hole() -> None:
    org = MovingOrg({"Opportunity": [deal(n, n) for n in range(10)]}, page_size=4)

    def edit_once(path: str) -> None:
        if "/query/" in path and org.rows["Opportunity"][1]["SystemModstamp"] == stamp(1):
            org.rows["Opportunity"][1]["SystemModstamp"] = stamp(60)

    org.on_call = edit_once
    with connected(org) as watched:
        had = watched.connector.pull(request())
        first = [next(had) for _ in range(3)]  # two pages, and the first of the second time
    rest = pull(org, first[-1].cursor)
    assert set(ids([*first, *rest])) == {row["Id"] for row in org.rows["Opportunity"]}


def test_pages_that_repeat_records_for_ever_end_the_run() -> None:
    org = PaperOrg({"Opportunity": [deal(n, n) for n in range(4)]}, page_size=4)
    rows = [deal(n, n) for n in range(4)]
    halves = [
        answer(
            {"totalSize": 4, "done": False, "nextRecordsUrl": "/services/data/v66.0/query/a-2", "records": rows[:2]}
        ),
        answer({"totalSize": 4, "done": True, "records": rows[1:3]}),
    ]
    org.replies = [("queryAll", halves[0]), ("query/a-2", halves[1])] * 2
    had = collect(org, StopRun, "on two pages of one query")
    assert had[-1].cursor["place"] is None


def test_links_counted_alike_by_two_queries_are_no_circle() -> None:
    org = PaperOrg({"Opportunity": [deal(n, n) for n in range(4)]}, page_size=4)
    rows = [deal(n, n) for n in range(4)]
    link = "/services/data/v66.0/query/locator-2"
    org.replies = [
        ("queryAll", answer({"totalSize": 4, "done": False, "nextRecordsUrl": link, "records": rows[:1]})),
        ("locator-2", error("INVALID_QUERY_LOCATOR")),
        ("queryAll", answer({"totalSize": 3, "done": False, "nextRecordsUrl": link, "records": rows[1:2]})),
        ("locator-2", answer({"totalSize": 3, "done": True, "records": rows[2:]})),
    ]
    assert ids(pull(org)) == [row["Id"] for row in rows]


def test_locators_that_always_expire_and_rows_that_never_change_end_the_run() -> None:
    org = PaperOrg({"Opportunity": [deal(n, 0) for n in range(4)]}, page_size=4)
    link = "/services/data/v66.0/query/locator-2"
    first = answer({"totalSize": 4, "done": False, "nextRecordsUrl": link, "records": [deal(n, 0) for n in range(2)]})
    org.replies = [("queryAll", first), ("locator-2", error("INVALID_QUERY_LOCATOR"))] * 9
    collect(org, StopRun, "again and again")
