"""The pipelines API. Changing a pipeline moves the modification stamp of every deal in it."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.hubspot import pipelines, records
from sandbox.hubspot.account import Account
from sandbox.hubspot.call import Call, answer, nothing, required
from sandbox.hubspot.errors import ApiError, invalid
from sandbox.hubspot.pipelines import Pipeline
from sandbox.hubspot.records import Source
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import find_type
from sandbox.wire import Response

_DEALS = find_type("deals")


def _only_deals(call: Call) -> None:
    if call.kind.name != "deals":
        raise ApiError(404, f"{call.kind.label} has no pipelines", "OBJECT_NOT_FOUND")


def list_all(account: Account, call: Call) -> Response:
    """Every pipeline with its stages; other types than deals have none."""
    found = [pipeline.as_json() for pipeline in account.pipelines] if call.kind.name == "deals" else []
    return answer({"results": found}, rows=len(found))


def get(account: Account, call: Call) -> Response:
    """One pipeline."""
    return answer(_pipeline(account, call).as_json())


def create(account: Account, call: Call) -> Response:
    """Make a pipeline."""
    _only_deals(call)
    body = call.body()
    required(body, "label", "stages")
    return answer(account.pipelines.add(body, account.now()).as_json(), 201)


def update(account: Account, call: Call) -> Response:
    """Change label or order of a pipeline."""
    pipeline, body = _pipeline(account, call), call.body()
    pipeline.label = str(body.get("label", pipeline.label))
    pipeline.order = int(body.get("displayOrder", pipeline.order))
    pipeline.modified = account.now()
    _bump(account, lambda row: row.properties.get("pipeline") == pipeline.id)
    return answer(pipeline.as_json())


def list_stages(account: Account, call: Call) -> Response:
    """The stages of a pipeline."""
    found = _pipeline(account, call)
    return answer({"results": [stage.as_json(found.created) for stage in found.stages]}, rows=len(found.stages))


def get_stage(account: Account, call: Call) -> Response:
    """One stage."""
    pipeline = _pipeline(account, call)
    return answer(pipeline.stage(call.parts["stage"]).as_json(pipeline.created))


def create_stage(account: Account, call: Call) -> Response:
    """Make a stage."""
    pipeline, body = _pipeline(account, call), call.body()
    required(body, "label", "metadata")
    stage = account.pipelines.add_stage(pipeline, body, account.now())
    return answer(stage.as_json(pipeline.created), 201)


def update_stage(account: Account, call: Call) -> Response:
    """Change a stage; its deals are won, lost or open by it from now on."""
    pipeline = _pipeline(account, call)
    stage = pipeline.stage(call.parts["stage"])
    pipelines.change(stage, call.body(), account.now())
    pipeline.modified = account.now()
    _bump(account, lambda row: row.properties.get("pipeline") == pipeline.id)
    return answer(stage.as_json(pipeline.created))


def delete_stage(account: Account, call: Call) -> Response:
    """Take a stage away that no deal is in."""
    pipeline = _pipeline(account, call)
    stage = pipeline.stage(call.parts["stage"])
    if any(row.properties.get("dealstage") == stage.id for row in account.store.all("deals")):
        raise invalid(f"Stage {stage.id} is used by deals and cannot be deleted")
    account.pipelines.remove_stage(pipeline, stage)
    return nothing()


def _pipeline(account: Account, call: Call) -> Pipeline:
    _only_deals(call)
    return account.pipelines.get(call.parts["pipeline"])


def _bump(account: Account, belongs: Callable[[Row], bool]) -> None:
    for row in account.store.all("deals"):
        if belongs(row):
            records.touch(account, _DEALS, row, Source("CRM_UI"))
