"""From a checked file to the plan it describes."""

from __future__ import annotations

from spm.plans.document import ComponentSection, PlanFile
from spm.plans.fields import default_date, default_unit, default_value
from spm.plans.model import (
    Cap,
    Clawback,
    Component,
    CreditRule,
    Draw,
    Exchange,
    Floor,
    Gate,
    Hold,
    Measure,
    Multiplier,
    Plan,
    Point,
    Proration,
    Ramp,
    RollUp,
    Rounding,
    SplitRounding,
)
from spm.plans.modifier_keys import CapSection, MultiplierSection
from spm.plans.shapes import made, rate_from
from spm.plans.values import ZERO


def plan_of(file: PlanFile) -> Plan:
    """The plan that a checked file describes."""
    return Plan(
        name=file.name,
        currency=file.currency,
        statement=file.statement,
        rounding=made(Rounding, file.rounding),
        components=tuple(_component(section) for section in file.components),
        pay_currency=file.pay_currency,
        exchange=made(Exchange, file.exchange),
        splits=made(SplitRounding, file.splits) if file.splits else None,
        proration=made(Proration, file.proration) if file.proration else None,
        seasonality=dict(file.seasonality),
        ramps=tuple(made(Ramp, ramp) for ramp in file.ramps),
        draw=made(Draw, file.draw) if file.draw else None,
        caps=tuple(_cap(section) for section in file.caps),
        floors=tuple(made(Floor, section) for section in file.floors),
    )


def measure_of(section: ComponentSection) -> Measure:
    """What the component counts, with the defaults of its source."""
    unit = section.unit or default_unit(section.source, per_unit=section.per_unit is not None)
    return Measure(
        name=section.measure,
        value=section.value or default_value(section.source, unit),
        condition=section.condition,
        date=section.date or default_date(section.source),
        source=section.source,
        unit=unit,
        weight=section.weight,
    )


def _component(section: ComponentSection) -> Component:
    return Component(
        name=section.name,
        measure=measure_of(section),
        role=section.role,
        accumulate=section.accumulate,
        rate=rate_from(section),
        credit=tuple(made(CreditRule, rule) for rule in section.credit),
        roll_up=made(RollUp, section.roll_up) if section.roll_up else None,
        starts_on=section.starts_on,
        ends_on=section.ends_on,
        budget=section.budget,
        target=section.target,
        gates=tuple(made(Gate, gate) for gate in section.gates),
        multipliers=tuple(_multiplier(multiplier) for multiplier in section.multipliers),
        caps=tuple(_cap(cap) for cap in section.caps),
        floors=tuple(made(Floor, floor) for floor in section.floors),
        hold=made(Hold, section.hold) if section.hold else None,
        clawback=made(Clawback, section.clawback) if section.clawback else None,
        earnings_of=section.earnings_of,
    )


def _multiplier(section: MultiplierSection) -> Multiplier:
    return made(Multiplier, section, points=tuple(Point(point.at, point.times) for point in section.points))


def _cap(section: CapSection) -> Cap:
    of_target = section.times_target is not None
    amount = section.times_target if of_target else section.amount
    return Cap(amount if amount is not None else ZERO, section.over, section.excess, of_target)
