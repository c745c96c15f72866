"""Plan versions that say nothing but their name and hash, unless given a plan."""

from spm.plans import PlanVersion
from spm.plans.model import Plan, Rounding, Span

PLAN = Plan("AE", "USD", Span.MONTH, Rounding(), ())


def version(name: str, hash_: str, plan: Plan = PLAN) -> PlanVersion:
    return PlanVersion(name, hash_, plan, "{}")
