"""What mappings may fill and may write: the model's fields in the words of the mapping layer.

The model knows no mappings and the mappings know no model; here the two meet.
"""

from __future__ import annotations

from collections.abc import Mapping

from mappings.target import Target, TargetField
from spm.fields import ENTITIES, Entity


def target(entity: Entity) -> Target:
    """One entity of the model as a mapping target."""
    fields = tuple(
        TargetField(field.name, field.kind.value, required=field.required, choices=field.choices)
        for field in entity.fields
    )
    return Target(entity.name, fields, extendable=entity.extendable, one_of=entity.one_of)


TARGETS: Mapping[str, Target] = {name: target(entity) for name, entity in ENTITIES.items()}
"""Every entity a mapping's object section can feed."""

RESULTS: Mapping[str, tuple[str, ...]] = {
    "deal": (
        "credited",
        "commission",
        "estimated_commission",
        "currency",
        "explanation",
        "period",
        "calculated_at",
    ),
    "participant": (
        "period",
        "quota",
        "credited",
        "attainment",
        "payout",
        "forecast",
        "rank",
        "currency",
        "calculated_at",
    ),
}
"""The columns a write section may use, by what it is about."""

PAY_RESULTS = frozenset({"commission", "estimated_commission", "explanation", "payout", "forecast"})
"""Results that show what somebody earns: a field that uses one has to be marked as pay."""

ORDER = ("participant", "fx_rate", "quota", "deal", "deal_split", "activity")
"""People first, so that a deal's owner is known when the deal arrives; any order gives the same figures."""
