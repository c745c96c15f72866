from decimal import Decimal

import pytest

PATHS = ["/crm/v3/objects/deals/splits", "/crm/objects/v3/deals/splits", "/deal-splits/2026-09", "/deal-splits/2026-03"]
OWNERS = ["41629001", "41629008", "41629015"]


def share(owner: str, percentage: object) -> dict[str, object]:
    return {"ownerId": int(owner), "percentage": percentage}


@pytest.mark.parametrize("path", PATHS)
def test_splits_replace_those_that_were_there_and_move_the_stamp(api, path) -> None:
    deal = api.make_deal(hubspot_owner_id=OWNERS[0])
    before = api.read_deal(deal)["updatedAt"]
    for shares in ([("0.6", "0.4")], [("0.25", "0.5", "0.25")]):
        splits = [share(owner, float(part)) for owner, part in zip(OWNERS, shares[0], strict=False)]
        answer = api.post(f"{path}/batch/upsert", {"inputs": [{"id": int(deal), "splits": splits}]})
        assert answer.status == 200
    read = api.post(f"{path}/batch/read", {"inputs": [{"id": deal}]}).ok()["results"]
    assert [entry["id"] for entry in read] == [deal]
    found = [
        (each["properties"]["hubspot_owner_id"], each["properties"]["hs_deal_split_percentage"])
        for each in read[0]["splits"]
    ]
    assert found == [(OWNERS[0], "0.25"), (OWNERS[1], "0.5"), (OWNERS[2], "0.25")]
    assert set(read[0]["splits"][0]) == {"id", "properties", "createdAt", "updatedAt", "archived"}
    shown = api.read_deal(deal, "hs_is_deal_split", "hs_all_deal_split_owner_ids")
    assert shown["properties"]["hs_is_deal_split"] == "true"
    assert shown["properties"]["hs_all_deal_split_owner_ids"] == ";".join(OWNERS)
    assert shown["updatedAt"] > before


def test_no_splits_at_all_take_them_away(api) -> None:
    deal = api.make_deal(hubspot_owner_id=OWNERS[0])
    for splits in ([share(OWNERS[0], 1.0)], []):
        api.post("/deal-splits/2026-09/batch/upsert", {"inputs": [{"id": deal, "splits": splits}]}).ok()
    assert api.post("/deal-splits/2026-09/batch/read", {"inputs": [{"id": deal}]}).ok()["results"][0]["splits"] == []
    found = api.read_deal(deal, "hs_is_deal_split", "hs_all_deal_split_owner_ids")["properties"]
    assert (found["hs_is_deal_split"], found["hs_all_deal_split_owner_ids"]) == ("false", None)


@pytest.mark.parametrize(
    "splits",
    [
        [share(OWNERS[0], 0.5)],  # half is missing
        [share(OWNERS[0], 0.7), share(OWNERS[1], 0.4)],  # more than the whole
        [share(OWNERS[1], 1.0)],  # the owner of the deal gets nothing
        [share(OWNERS[0], 0.5), share(OWNERS[0], 0.5)],  # the same person twice
        [share(OWNERS[0], 0.5), share("1", 0.5)],  # nobody
        [share(OWNERS[0], "half"), share(OWNERS[1], 0.5)],
        [share(OWNERS[0], 1.5), share(OWNERS[1], -0.5)],
        [share(OWNERS[0], 0.123456789), share(OWNERS[1], 0.876543211)],  # nine decimals
        [{"ownerId": int(OWNERS[0])}],
    ],
)
def test_one_bad_deal_fails_the_batch_of_splits(api, splits) -> None:
    good, bad = api.make_deal(hubspot_owner_id=OWNERS[0]), api.make_deal(hubspot_owner_id=OWNERS[0])
    inputs = [{"id": good, "splits": [share(OWNERS[0], 1.0)]}, {"id": bad, "splits": splits}]
    answer = api.post("/deal-splits/2026-09/batch/upsert", {"inputs": inputs})
    assert answer.status == 400
    assert answer.body["category"] == "VALIDATION_ERROR"
    assert api.post("/deal-splits/2026-09/batch/read", {"inputs": [{"id": good}]}).ok()["results"][0]["splits"] == []


def test_a_deal_that_is_not_there_has_no_splits(api) -> None:
    answer = api.post("/deal-splits/2026-09/batch/read", {"inputs": [{"id": "1"}, {"id": api.make_deal()}]})
    assert answer.status == 207
    assert answer.body["errors"][0]["context"] == {"ids": ["1"]}
    assert len(answer.body["results"]) == 1
    inputs = [{"id": 1, "splits": [share(OWNERS[0], 1.0)]}]
    assert api.post("/deal-splits/2026-09/batch/upsert", {"inputs": inputs}).status == 404


def test_generated_splits_add_up_and_are_announced_on_the_deal(api) -> None:
    split = {"propertyName": "hs_is_deal_split", "operator": "EQ", "value": "true"}
    made = {"propertyName": "dealname", "operator": "NEQ", "value": "Made"}
    deals = api.search(split, made, properties=["hs_all_deal_split_owner_ids", "hubspot_owner_id"]).ok()["results"]
    assert len(deals) > 5
    body = {"inputs": [{"id": deal["id"]} for deal in deals[:100]]}
    read = {entry["id"]: entry["splits"] for entry in api.post("/deal-splits/2026-09/batch/read", body).ok()["results"]}
    for deal in deals[:100]:
        splits = [each["properties"] for each in read[deal["id"]]]
        assert sum(Decimal(each["hs_deal_split_percentage"]) for each in splits) == 1
        owners = [each["hubspot_owner_id"] for each in splits]
        assert deal["properties"]["hs_all_deal_split_owner_ids"] == ";".join(owners)
        assert deal["properties"]["hubspot_owner_id"] in owners
