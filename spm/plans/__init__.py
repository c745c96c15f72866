"""Plans: read, checked, and kept as immutable versions (docs/plans.md is the reference of the file)."""

from spm.plans.model import Plan
from spm.plans.reading import LoadedPlan, load_plan
from spm.plans.versions import PlanVersion, plan_version, stored_plan

__all__ = ["LoadedPlan", "Plan", "PlanVersion", "load_plan", "plan_version", "stored_plan"]
