"""Deal pipelines and their stages. Stage ids are words in the default pipeline only; elsewhere they are numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.hubspot.errors import invalid, not_found
from sandbox.hubspot.moments import iso

_FIRST_ID = 233_187_100


@dataclass(slots=True)
class Stage:
    """A stage; `probability` is text as HubSpot has it: "1.0" and closed is won, "0.0" and closed is lost."""

    id: str
    label: str
    probability: str
    closed: bool
    order: int = 0
    modified: int = 0

    def as_json(self, created: int) -> dict[str, Any]:
        """A PipelineStage; metadata values are strings."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "metadata": {"isClosed": str(self.closed).lower(), "probability": self.probability},
            "archived": False,
            "createdAt": iso(created),
            "updatedAt": iso(self.modified or created),
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


@dataclass(slots=True)
class Pipeline:
    """A pipeline with its stages in order."""

    id: str
    label: str
    order: int
    created: int
    stages: list[Stage] = field(default_factory=list)
    modified: int = 0

    def as_json(self) -> dict[str, Any]:
        """A Pipeline."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "archived": False,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.modified or self.created),
            "stages": [stage.as_json(self.created) for stage in self.stages],
        }

    def stage(self, stage_id: str) -> Stage:
        """A stage by id. Raises ApiError."""
        found = next((stage for stage in self.stages if stage.id == stage_id), None)
        if found is None:
            raise not_found(stage_id)
        return found


_DEFAULT_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2", False),
    ("qualifiedtobuy", "Qualified To Buy", "0.4", False),
    ("presentationscheduled", "Presentation Scheduled", "0.6", False),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8", False),
    ("contractsent", "Contract Sent", "0.9", False),
    ("closedwon", "Closed Won", "1.0", True),
    ("closedlost", "Closed Lost", "0.0", True),
)
_RENEWAL_STAGES = (
    ("233187101", "Due", "0.5", False),
    ("233187102", "Quoted – in review", "0.7", False),
    ("233187103", "Verbal yes", "0.9", False),
    ("233187104", "Renewed", "1.0", True),
    ("233187105", "Churned", "0.0", True),
)
_TENTHS = frozenset(f"{tenth / 10:.1f}" for tenth in range(11))
DEFAULT, RENEWALS = "default", "131071423"
PLACES = {
    # neutral stage: stage in the default pipeline, stage in the renewals pipeline
    "new": ("appointmentscheduled", "233187101"),
    "qualified": ("qualifiedtobuy", "233187101"),
    "proposal": ("presentationscheduled", "233187102"),
    "negotiation": ("contractsent", "233187103"),
    "won": ("closedwon", "233187104"),
    "lost": ("closedlost", "233187105"),
}


def _stages(rows: tuple[tuple[str, str, str, bool], ...]) -> list[Stage]:
    return [Stage(*row, order) for order, row in enumerate(rows)]


class Pipelines:
    """The deal pipelines of the account."""

    def __init__(self, created: int) -> None:
        self._pipelines = {
            DEFAULT: Pipeline(DEFAULT, "Sales Pipeline", 0, created, _stages(_DEFAULT_STAGES)),
            RENEWALS: Pipeline(RENEWALS, "Renewals", 1, created, _stages(_RENEWAL_STAGES)),
        }
        self._next_id = _FIRST_ID + 100
        self._places = {stage.id: (pipeline, stage) for pipeline in self for stage in pipeline.stages}

    def __iter__(self) -> Iterator[Pipeline]:
        return iter(self._pipelines.values())

    def get(self, pipeline_id: str) -> Pipeline:
        """A pipeline by id. Raises ApiError."""
        if pipeline_id not in self._pipelines:
            raise not_found(pipeline_id)
        return self._pipelines[pipeline_id]

    def find_stage(self, stage_id: str | None) -> tuple[Pipeline, Stage] | None:
        """A stage of any pipeline; ids are unique in the account."""
        return self._places.get(stage_id or "")

    def add(self, body: dict[str, Any], now: int) -> Pipeline:
        """Make a pipeline with its stages."""
        pipeline_id = str(body.get("pipelineId") or self._take_id())
        if pipeline_id in self._pipelines:
            raise invalid(f"Pipeline with id {pipeline_id} already exists")
        pipeline = Pipeline(pipeline_id, str(body["label"]), int(body.get("displayOrder", 0)), now)
        self._pipelines[pipeline_id] = pipeline
        for stage in body.get("stages", []):
            self.add_stage(pipeline, stage, now)
        return pipeline

    def add_stage(self, pipeline: Pipeline, body: dict[str, Any], now: int) -> Stage:
        """Make a stage at the place it asks for."""
        stage_id = str(body.get("stageId") or self._take_id())
        if self.find_stage(stage_id):
            raise invalid(f"Stage with id {stage_id} already exists")
        stage = Stage(stage_id, str(body["label"]), "0.5", False, int(body.get("displayOrder", 0)), now)
        change(stage, body, now)
        pipeline.stages.append(stage)
        self._places[stage.id] = (pipeline, stage)
        pipeline.stages.sort(key=lambda stage: stage.order)
        pipeline.modified = now
        return stage

    def remove_stage(self, pipeline: Pipeline, stage: Stage) -> None:
        """Take a stage away."""
        pipeline.stages.remove(stage)
        del self._places[stage.id]

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id


def change(stage: Stage, body: dict[str, Any], now: int) -> None:
    """Change label, order or metadata of a stage; a probability that is no tenth of 1 is refused."""
    metadata = body.get("metadata") or {}
    if "probability" in metadata:
        probability = str(metadata["probability"])
        if probability not in _TENTHS:
            raise invalid(f"probability must be a number between 0.0 and 1.0 in steps of 0.1, not {probability}")
        stage.probability, stage.closed = probability, probability in ("0.0", "1.0")
    if "isClosed" in metadata:
        stage.closed = str(metadata["isClosed"]).lower() == "true"
    stage.label = str(body.get("label", stage.label))
    stage.order = int(body.get("displayOrder", stage.order))
    stage.modified = now
