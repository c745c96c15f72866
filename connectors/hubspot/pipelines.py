"""Deal pipelines and their stages: what a stage id on a deal means.

A stage says whether it is closed and with what probability; closed with probability 1 is won, with 0 lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.hubspot import scopes
from connectors.hubspot.client import Call, HubSpotClient
from connectors.hubspot.records import Join, Row, as_text
from connectors.hubspot.schema import DEALS

STAGE_PROPERTIES = ("dealstage", "pipeline")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a pipeline, as text."""

    stage_id: str
    label: str | None
    pipeline: str
    pipeline_label: str | None
    is_closed: str | None
    probability: str | None
    updated_at: str | None


def read_stages(client: HubSpotClient) -> list[Stage]:
    """The stages of all deal pipelines."""
    path = client.paths.pipelines(DEALS)
    reply = client.send(Call("pipelines", "GET", path, scope=scopes.reading(DEALS), lists="id"))
    return [_stage(pipeline, stage) for pipeline in reply.results for stage in pipeline.get("stages") or ()]


class StageBook:
    """Looks up the stage of a deal; read once, and once more if one is not found: it may have just been made."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._stages = _by_id(read_stages(client))
        self._is_read_again = False

    def joins(self) -> Mapping[str, Join]:
        """The fields of a deal's stage and pipeline."""
        return {
            "stage.label": lambda deal: _part(self.stage(deal), "label"),
            "stage.isClosed": lambda deal: _part(self.stage(deal), "is_closed"),
            "stage.probability": lambda deal: _part(self.stage(deal), "probability"),
            "pipeline.label": lambda deal: _part(self.stage(deal), "pipeline_label"),
        }

    def stage(self, deal: Row) -> Stage | None:
        """The stage of a deal; None where it has none that the account knows."""
        held = deal.get("properties") or {}
        stage_id = held.get("dealstage")
        if not stage_id:
            return None
        found = self._find(held.get("pipeline"), stage_id)
        if found is None and not self._is_read_again:
            self._stages = _by_id(read_stages(self._client))
            self._is_read_again = True
            found = self._find(held.get("pipeline"), stage_id)
        return found

    def _find(self, pipeline: str | None, stage_id: str) -> Stage | None:
        return self._stages.get((pipeline, stage_id)) or self._stages.get((None, stage_id))


def _by_id(stages: list[Stage]) -> dict[tuple[str | None, str], Stage]:
    """By pipeline and id, and by id alone: outside the default pipeline ids are the only one of their kind."""
    alone: dict[tuple[str | None, str], Stage] = {(None, stage.stage_id): stage for stage in stages}
    return alone | {(stage.pipeline, stage.stage_id): stage for stage in stages}


def _part(stage: Stage | None, name: str) -> str | None:
    return None if stage is None else getattr(stage, name)


def _stage(pipeline: Mapping[str, Any], stage: Mapping[str, Any]) -> Stage:
    metadata = stage.get("metadata") or {}
    probability = as_text(metadata.get("probability"))
    return Stage(
        stage_id=str(stage.get("id")),
        label=as_text(stage.get("label")),
        pipeline=str(pipeline["id"]),
        pipeline_label=as_text(pipeline.get("label")),
        is_closed=_closed(as_text(metadata.get("isClosed")), probability),
        probability=probability,
        updated_at=as_text(stage.get("updatedAt")),
    )


def _closed(said: str | None, probability: str | None) -> str | None:
    """What the stage says; where it says nothing, a stage that is certain either way is closed."""
    if said is not None:
        return said.lower()
    try:
        return None if probability is None else str(Decimal(probability) in (0, 1)).lower()
    except InvalidOperation:
        return None
