"""What a person does in HubSpot's own pages, through the control API."""

import pytest


def test_an_edit_by_a_person_moves_the_stamp(api) -> None:
    deal = api.get("/crm/v3/objects/deals", {"limit": 1}).ok()["results"][0]
    edited = api.control("PATCH", f"/records/deals/{deal['id']}", {"values": {"amount": "77.70"}}).ok()
    assert edited["properties"]["amount"] == "77.70"
    assert edited["updatedAt"] > deal["updatedAt"]
    assert api.read_deal(deal["id"], "amount")["properties"]["amount"] == "77.70"


def test_an_edit_takes_its_stamp_from_the_sandbox_clock(api) -> None:
    api.control("POST", "/clock", {"advance_seconds": 3_600}).ok()
    now = api.control("GET", "/clock").ok()["now"]
    edited = api.control("PATCH", f"/records/deals/{api.make_deal()}", {"values": {"amount": "1"}}).ok()
    assert edited["updatedAt"][:16] == now[:16]


def test_a_record_is_read_with_everything_it_has(api) -> None:
    deal = api.make_deal(amount="3")
    found = api.control("GET", f"/records/deals/{deal}").ok()
    assert found["properties"]["amount"] == "3"
    assert found["properties"]["hs_closed_amount"] == "0"
    assert None not in found["properties"].values()


def test_a_record_is_made_by_a_person(api) -> None:
    made = api.control("POST", "/records/deals", {"values": {"dealname": "By hand", "dealstage": "closedwon"}}).ok()
    assert made["properties"]["hs_is_closed_won"] == "true"


def test_deleting_archives_and_undeleting_brings_back(api) -> None:
    deal = api.make_deal()
    before = api.read_deal(deal)["updatedAt"]
    assert api.control("DELETE", f"/records/deals/{deal}").status == 204
    archived = api.get(f"/crm/v3/objects/deals/{deal}", {"archived": "true"}).ok()
    assert archived["updatedAt"] == before
    assert api.control("PATCH", f"/records/deals/{deal}", {"values": {"amount": "1"}}).status == 400
    restored = api.control("POST", f"/records/deals/{deal}/undelete", {}).ok()
    assert restored["archived"] is False
    assert restored["updatedAt"] > before
    assert api.control("POST", f"/records/deals/{deal}/undelete", {}).status == 400


def test_deleting_for_good_leaves_nothing(api) -> None:
    deal = api.make_deal()
    assert api.control("DELETE", f"/records/deals/{deal}?hard=true").status == 204
    assert api.get(f"/crm/v3/objects/deals/{deal}", {"archived": "true"}).status == 404
    assert api.control("GET", f"/records/deals/{deal}").status == 404


@pytest.mark.parametrize("way", ["control", "v3", "2026-09"])
def test_a_merged_deal_is_gone_without_having_been_archived(api, way) -> None:
    company = api.get("/crm/v3/objects/companies", {"limit": 1}).ok()["results"][0]["id"]
    winner, loser = api.make_deal(amount="1"), api.make_deal(amount="2", arr="3")
    linked = f"/crm/v4/objects/deals/{loser}/associations/default/companies/{company}"
    assert api.call("PUT", linked).status == 200
    body = {"primaryObjectId": winner, "objectIdToMerge": loser}
    before = api.read_deal(winner)["updatedAt"]
    if way == "control":
        api.control("POST", f"/records/deals/{loser}/merge", {"into": winner}).ok()
    else:
        path = "/crm/v3/objects/deals" if way == "v3" else "/crm/objects/2026-09/deals"
        assert api.post(f"{path}/merge", body).ok()["id"] == winner
    merged = api.read_deal(winner, "hs_merged_object_ids", "amount", "arr")
    assert merged["properties"]["hs_merged_object_ids"] == loser
    assert (merged["properties"]["amount"], merged["properties"]["arr"]) == ("1", "3")
    assert merged["updatedAt"] > before
    assert api.get(f"/crm/v3/objects/deals/{loser}").status == 404
    assert api.get(f"/crm/v3/objects/deals/{loser}", {"archived": "true"}).status == 404
    found = api.get(f"/crm/v4/objects/deals/{winner}/associations/companies").ok()["results"]
    assert [other["toObjectId"] for other in found] == [company]


def test_a_second_merge_adds_to_the_first(api) -> None:
    winner, first, second = api.make_deal(), api.make_deal(), api.make_deal()
    api.control("POST", f"/records/deals/{second}/merge", {"into": first}).ok()
    api.control("POST", f"/records/deals/{first}/merge", {"into": winner}).ok()
    found = api.read_deal(winner, "hs_merged_object_ids")["properties"]["hs_merged_object_ids"]
    assert set(found.split(";")) == {first, second}


def test_a_deal_is_not_merged_into_itself_or_into_nothing(api) -> None:
    deal = api.make_deal()
    assert api.control("POST", f"/records/deals/{deal}/merge", {"into": deal}).status == 400
    assert api.control("POST", f"/records/deals/{deal}/merge", {"into": "1"}).status == 404
    body = {"primaryObjectId": deal, "objectIdToMerge": deal}
    assert api.post("/crm/v3/objects/deals/merge", body).status == 400
    assert api.post("/crm/v3/objects/deals/merge", {"primaryObjectId": deal}).status == 400


def test_who_leaves_is_an_archived_owner_and_a_deactivated_user(api) -> None:
    owner = api.get("/crm/v3/owners").ok()["results"][-1]
    left = api.control("PATCH", f"/records/owners/{owner['id']}", {"values": {"active": False}}).ok()
    assert left["archived"] is True
    assert left["userId"] is None
    assert left["userIdIncludingInactive"] == owner["userId"]
    assert owner["id"] not in {each["id"] for each in api.get("/crm/v3/owners").ok()["results"]}
    gone = api.get("/crm/owners/2026-09", {"archived": "True"}).ok()["results"]
    assert owner["id"] in {each["id"] for each in gone}
    users = api.get("/crm/v3/objects/users", {"limit": 100, "properties": "hs_email,hs_deactivated"}).ok()["results"]
    states = {user["properties"]["hs_email"]: user["properties"]["hs_deactivated"] for user in users}
    assert states[owner["email"]] == "true"
    assert api.control("GET", f"/records/owners/{owner['id']}").ok() == left


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/records/deals/1", None, 404),
        ("GET", "/records/widgets/1", None, 404),
        ("GET", "/records/owners/1", None, 404),
        ("PATCH", "/records/owners/1", {"values": {"active": False}}, 404),
        ("PATCH", "/records/owners/41629001", {"values": {"salary": 1}}, 400),
        ("PATCH", "/records/owners/41629001", {"values": {"team": "Nowhere"}}, 400),
        ("POST", "/records/deals", {"values": {"amount": "x"}}, 400),
    ],
)
def test_what_a_person_cannot_do_is_refused(api, method, path, body, status) -> None:
    assert api.control(method, path, body).status == status


def test_a_value_a_person_cannot_enter_is_refused(api) -> None:
    answer = api.control("PATCH", f"/records/deals/{api.make_deal()}", {"values": {"dealtype": "odd"}})
    assert answer.status == 400
    assert "INVALID_OPTION" in answer.body["message"]
