"""What is wrong with a plan although every key is in order: rates, tiers, names, expressions. All findings at once.

A finding names the path of keys it is about, so that the reader can say file and line; the subjects are in `faults`.
"""

from __future__ import annotations

from collections.abc import Iterator

from spm.plans.document import PlanFile
from spm.plans.expressions import Schema
from spm.plans.faults.curves import curve_findings
from spm.plans.faults.expressions import expression_findings, policy_findings
from spm.plans.faults.finding import Finding, Path
from spm.plans.faults.kinds import kind_findings
from spm.plans.faults.modifiers import modifier_findings, plan_modifier_findings
from spm.plans.faults.names import name_findings
from spm.plans.faults.percentages import percentage_findings, plan_percentage_findings
from spm.plans.faults.settings import setting_findings
from spm.plans.faults.spans import span_findings
from spm.plans.faults.tiers import tier_findings
from spm.plans.fields import PLAN_FIELDS

__all__ = ["PLAN_FIELDS", "Finding", "findings"]

_OF_A_COMPONENT = (
    kind_findings,
    percentage_findings,
    tier_findings,
    curve_findings,
    span_findings,
    modifier_findings,
)


def findings(plan: PlanFile, own_fields: Schema | None) -> Iterator[Finding]:
    """Everything wrong with the plan. `own_fields`: the mapping's own deal fields, or None where they are not known."""
    yield from name_findings(plan)
    yield from setting_findings(plan)
    yield from policy_findings(plan, own_fields)
    yield from plan_modifier_findings(plan)
    yield from plan_percentage_findings(plan)
    for number, component in enumerate(plan.components):
        path: Path = ("components", number)
        for subject in _OF_A_COMPONENT:
            yield from subject(component, path)
        yield from expression_findings(component, path, own_fields)
