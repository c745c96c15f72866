import pytest

GENERATIONS = ["/crm/v3/pipelines", "/crm/pipelines/2026-09"]


@pytest.mark.parametrize("path", GENERATIONS)
def test_only_the_default_pipeline_has_words_for_stage_ids(api, path) -> None:
    pipelines = api.get(f"{path}/deals").ok()["results"]
    stages = {pipeline["id"]: [stage["id"] for stage in pipeline["stages"]] for pipeline in pipelines}
    assert not any(stage.isdigit() for stage in stages["default"])
    assert all(stage.isdigit() for stage in stages["131071423"])
    assert api.get(f"{path}/0-3").ok()["results"] == pipelines


def test_a_stage_says_in_text_whether_it_is_won_lost_or_open(api) -> None:
    stages = api.get("/crm/v3/pipelines/deals/131071423/stages").ok()["results"]
    assert [(each["metadata"]["isClosed"], each["metadata"]["probability"]) for each in stages] == [
        ("false", "0.5"),
        ("false", "0.7"),
        ("false", "0.9"),
        ("true", "1.0"),
        ("true", "0.0"),
    ]
    assert set(stages[0]) == {
        "id", "label", "displayOrder", "metadata", "archived", "createdAt", "updatedAt", "writePermissions",
    }  # fmt: skip
    assert api.get("/crm/v3/pipelines/deals/default/stages/closedwon").ok()["metadata"]["probability"] == "1.0"


def test_changing_a_stage_changes_its_deals_and_moves_their_stamps(api) -> None:
    body = {"label": "Odd", "displayOrder": 2, "stages": [{"label": "In", "displayOrder": 0, "metadata": {}}]}
    pipeline = api.post("/crm/v3/pipelines/deals", body)
    assert pipeline.status == 201
    stage = pipeline.body["stages"][0]["id"]
    deal, other = api.make_deal(dealstage=stage), api.make_deal()
    before = api.read_deal(deal, "hs_is_closed_won")
    assert before["properties"]["hs_is_closed_won"] == "false"
    untouched = api.read_deal(other)["updatedAt"]
    path = f"/crm/v3/pipelines/deals/{pipeline.body['id']}/stages/{stage}"
    changed = api.patch(path, {"metadata": {"probability": "1.0"}}).ok()
    assert changed["metadata"] == {"isClosed": "true", "probability": "1.0"}
    after = api.read_deal(deal, "hs_is_closed_won", "hs_deal_stage_probability")
    assert (after["properties"]["hs_is_closed_won"], after["properties"]["hs_deal_stage_probability"]) == (
        "true",
        "1.0",
    )
    assert after["updatedAt"] > before["updatedAt"]
    assert api.read_deal(other)["updatedAt"] == untouched
    assert api.call("DELETE", path).status == 400  # a deal is in it
    assert api.patch(f"/crm/v3/pipelines/deals/{pipeline.body['id']}", {"label": "Even"}).ok()["label"] == "Even"
    assert api.read_deal(deal)["updatedAt"] > after["updatedAt"]


def test_stages_are_added_and_taken_away(api) -> None:
    path = "/crm/pipelines/2026-09/deals/default/stages"
    made = api.post(path, {"label": "Paused", "displayOrder": 3, "metadata": {"probability": "0.3"}})
    assert made.status == 201
    deal = api.make_deal(dealstage=made.body["id"])
    assert api.read_deal(deal, "hs_deal_stage_probability")["properties"]["hs_deal_stage_probability"] == "0.3"
    api.control("DELETE", f"/records/deals/{deal}?hard=true")
    assert api.call("DELETE", f"{path}/{made.body['id']}").status == 204
    assert api.get(f"{path}/{made.body['id']}").status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/crm/v3/pipelines/deals/nonsense", None, 404),
        ("GET", "/crm/v3/pipelines/deals/default/stages/nonsense", None, 404),
        ("GET", "/crm/v3/pipelines/companies/default", None, 404),
        ("POST", "/crm/v3/pipelines/deals", {"label": "x"}, 400),
        ("POST", "/crm/v3/pipelines/deals", {"label": "x", "pipelineId": "default", "stages": []}, 400),
        ("POST", "/crm/v3/pipelines/deals/default/stages", {"label": "x"}, 400),
        ("POST", "/crm/v3/pipelines/deals/default/stages", {"label": "x", "stageId": "closedwon", "metadata": {}}, 400),
        ("PATCH", "/crm/v3/pipelines/deals/default/stages/closedwon", {"metadata": {"probability": "1.5"}}, 400),
    ],
)
def test_what_pipelines_cannot_do_is_refused(api, method, path, body, status) -> None:
    assert api.call(method, path, body).status == status


def test_other_types_have_no_pipelines(api) -> None:
    assert api.get("/crm/v3/pipelines/companies").ok()["results"] == []
