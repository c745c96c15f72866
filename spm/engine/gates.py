"""Gates: what was earned in a span is kept back until a result reaches a bound, and given back once it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from problems import Problem
from spm import wording
from spm.engine.cumulative import CELL, SPAN, changes, kind_of, ordering, stood
from spm.engine.earning import Earned
from spm.engine.exact import earning, money
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.engine.people import person
from spm.engine.results_at import Basis, reached, results_at
from spm.plans.model import Component, Gate, Plan, TierBasis, Unit


@dataclass(frozen=True, slots=True)
class Asked:
    """The component whose result a modifier asks for, and the wording of results in its basis."""

    part: Earned
    by: TierBasis
    plan: Plan
    own: bool = False

    def named(self) -> pl.Expr:
        """`attainment 42 %`, `attainment of Renewals 42 %`."""
        return pl.format("{}{} {}", pl.lit(self._what()), pl.lit(self._whose()), self.told(pl.col("result")))

    def title(self) -> str:
        """`attainment`, `attainment of Renewals`."""
        return self._what() + self._whose()

    def _what(self) -> str:
        named = {TierBasis.ATTAINMENT: "attainment", TierBasis.AMOUNT: "the total", TierBasis.COUNT: "the count"}
        return named[self.by]

    def _whose(self) -> str:
        return "" if self.own else f" of {self.part.component.name}"

    def told(self, result: pl.Expr) -> pl.Expr:
        """A result in words."""
        if self.by is TierBasis.ATTAINMENT:
            return wording.percents(result.round(4))
        if self.by is TierBasis.COUNT:
            return result.cast(pl.Int64).cast(pl.String)
        amount = wording.amounts(result)
        return amount if self._pieces() else pl.format("{} {}", amount, pl.lit(self.plan.currency))

    def bound(self, gate: Gate) -> str:
        """A bound in words."""
        if self.by is TierBasis.ATTAINMENT:
            return wording.percent(gate.at_least)
        if self.by is TierBasis.COUNT:
            return f"{gate.at_least.normalize():f}"
        return wording.amount(gate.at_least) + ("" if self._pieces() else f" {self.plan.currency}")

    def _pieces(self) -> bool:
        return self.part.component.measure.unit is Unit.NUMBER


def lines(
    inputs: Inputs, plan: Plan, part: Earned, gate: tuple[int, Gate, Earned]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines (NARROW) of one gate (its place among the component's, itself, and the part whose result it asks for);
    and who has no quota, without which a gate by attainment stays shut."""
    place, rule, of = gate
    kind = kind_of(rule.over, plan, part.component)
    asked = Asked(of, rule.basis, plan, own=of.component.name == part.component.name)
    results, problems = results_at(inputs, plan, Basis(of.component, of.credits, rule.basis, kind))
    states = results.with_columns(met=reached(rule.at_least)).select(*CELL, "met", "result", "of")
    cells = _cells(stood(part, inputs, plan, kind), states)
    kept = earning(pl.col("total"), money(rule.otherwise), plan.rounding)
    changed = changes(cells, pl.when("met").then("total").otherwise(kept))
    made = changed.with_columns(
        cause=pl.lit("gate"), tier=ordering(place), reason=_reason(rule, asked).fill_null(_no_quota(of.component))
    )
    lost = made.filter(~pl.col("met") & pl.col("of").is_null())
    return narrow(made.drop("span", "total", "due", "met", "result", "of")), [*problems, *shut(lost, inputs, part, of)]


def _cells(sums: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Every period that has lines or a state; a period without a state has the last one before it."""
    both = sums.join(states, on=CELL, how="full", coalesce=True).sort(*SPAN, "period")
    filled = both.with_columns(pl.col("met", "result", "of").forward_fill().over(SPAN))
    return filled.with_columns(pl.col("amount").fill_null(0), pl.col("met").fill_null(value=False))


def _reason(gate: Gate, asked: Asked) -> pl.Expr:
    bound = asked.bound(gate)
    less = f", {wording.percent(gate.otherwise)} is paid" if gate.otherwise else ""
    kept = pl.format("kept back: {} is below {}", asked.named(), pl.lit(bound + less))
    return pl.when("met").then(pl.lit(f"given back: {asked.title()} has reached {bound}")).otherwise(kept)


def _no_quota(component: Component) -> str:
    return f"kept back: there is no quota for {component.measure.name}"


def shut(lost: pl.DataFrame, inputs: Inputs, part: Earned, of: Earned) -> Iterator[Problem]:
    """A Problem for each person whose pay hangs on an attainment without a quota."""
    measure, name = of.component.measure.name, part.component.name
    for participant_id in sorted(lost["participant_id"].unique()):
        message = (
            f"what {name} pays hangs on the attainment of {of.component.name}, which has no quota; it is kept back."
        )
        hint = f"Add a quota for {measure}."
        yield Problem(person(inputs.people, participant_id), f"quota {measure}", message, hint)
