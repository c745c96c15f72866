"""Target incentives: what a span pays at target."""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.engine.inputs import Inputs
from spm.plans.model import Cap, Component, Curve, Matrix, Pays, Plan, Steps


def needed(component: Component) -> bool:
    """Whether the component's earnings are a part of its target incentive."""
    rate = component.rate
    return isinstance(rate, Curve | Steps | Matrix) and rate.pays is Pays.TARGET


def for_component(inputs: Inputs, plan: Plan, component: Component) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `target` for everybody on the plan."""
    raise NotImplementedError


__all__ = ["Cap", "for_component", "needed"]
