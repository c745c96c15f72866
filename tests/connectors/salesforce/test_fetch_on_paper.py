"""Records by id: each wanted one comes back, or is gone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connectors.base import ID, FixSettings, Page, StopRun
from tests.connectors.salesforce.paper import PaperOrg, answer, connected, deal, error


def org_of(count: int, page_size: int = 2000) -> PaperOrg:
    return PaperOrg({"Opportunity": [deal(n, n) for n in range(count)]}, page_size=page_size)


def record_id(number: int) -> str:
    return f"006{number:015d}"


def fetch(org: PaperOrg, ids: Sequence[str]) -> list[Page]:
    with connected(org) as watched:
        return list(watched.connector.fetch("Opportunity", ids, ["Name"]))


@pytest.mark.parametrize(("wanted", "queries"), [(0, 0), (1, 1), (400, 1), (1200, 3)])
def test_records_come_in_few_queries(wanted: int, queries: int) -> None:
    org = org_of(1200)
    pages = fetch(org, [record_id(n) for n in range(wanted)])
    assert sum(page.records.height for page in pages) == wanted
    assert org.count("queryAll") == queries
    assert [page.last for page in pages] == [False] * (queries - 1) + [True] * bool(queries)


def test_a_query_fits_into_an_address() -> None:
    org = org_of(1)
    lengths: list[int] = []
    real = org.answer
    org.answer = lambda request: (lengths.append(len(str(request.url))), real(request))[1]  # type: ignore[method-assign]
    fetch(org, [record_id(n) for n in range(2000)])
    assert max(lengths) < 16_000


def test_what_is_not_there_or_in_the_bin_is_gone() -> None:
    org = org_of(3)
    org.rows["Opportunity"][1]["IsDeleted"] = True
    (page,) = fetch(org, [record_id(0), record_id(1), record_id(99), record_id(0)])
    assert page.records[ID].to_list() == [record_id(0)]
    assert page.gone == (record_id(1), record_id(99))
    assert page.cursor == {}


def test_an_id_of_fifteen_characters_names_the_same_record() -> None:
    org = org_of(1)
    org.rows["Opportunity"][0]["Id"] = "006A00000000001IAA"
    real = org.answer
    org.answer = lambda request: _with_long_ids(request, real)  # type: ignore[method-assign]
    (page,) = fetch(org, ["006A00000000001"])
    assert (page.records.height, page.gone) == (1, ())


def _with_long_ids(request, real):  # type: ignore[no-untyped-def]
    request.url = str(request.url).replace("006A00000000001%27", "006A00000000001IAA%27")
    return real(request)


def test_what_is_no_id_is_gone_and_spoils_no_neighbour() -> None:
    org = org_of(4)
    real = org.answer

    def answered(request):  # type: ignore[no-untyped-def]
        if "nonsense" in str(request.url):
            org.replies = [("queryAll", error("INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nonsense"))]
        return real(request)

    org.answer = answered  # type: ignore[method-assign]
    (page,) = fetch(org, [record_id(0), record_id(1), "nonsense", record_id(3)])
    assert (page.records.height, page.gone) == (3, ("nonsense",))


def test_an_answer_in_several_pages_is_read_whole() -> None:
    (page,) = fetch(org_of(7, page_size=3), [record_id(n) for n in range(7)])
    assert page.records.height == 7


def test_an_answer_with_fewer_rows_than_announced_stops_the_run() -> None:
    org = org_of(2)
    org.replies = [("queryAll", answer({"totalSize": 2, "done": True, "records": []}))]
    with connected(org) as watched, pytest.raises(StopRun, match="announced 2 records and gave 0"):
        list(watched.connector.fetch("Opportunity", [record_id(0)], ["Name"]))


def test_a_field_that_is_not_there_is_named() -> None:
    with connected(org_of(1)) as watched, pytest.raises(FixSettings, match="no field Nope__c"):
        list(watched.connector.fetch("Opportunity", [record_id(0)], ["Nope__c"]))
