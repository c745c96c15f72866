"""What counts, for whom and over which span, in plain language. Each function returns sentences."""

from __future__ import annotations

from spm.plans.model import OWNER, REVENUE, Component, CreditRule, FlatRate, Pool, RollUpTo, Source, Span, Unit
from spm.plans.phrases import Part, each_span
from spm.wording import percent

_DAYS = {"close_date": "its close date", "happened_on": "the day it happened", "on": "its day"}
_WHOSE = {Source.ACTIVITIES: "who did it", Source.ENTRIES: "whom it was entered for"}


def counting_words(part: Part) -> list[str]:
    """What a record counts for, which records count, and when."""
    component, measure = part.component, part.component.measure
    what = f"won {part.record}" if measure.source is Source.DEALS else part.record
    if measure.source in {Source.LINE_ITEMS, Source.PAYMENTS}:
        what += " of a won deal"
    elif measure.source is Source.EARNINGS:
        what = _earning(component)
    elif measure.source is Source.ENTRIES:
        what += f" for {measure.name}"
    counts = f"each {what}" if measure.value == "1" else f"{_value(measure.value)} of each {what}"
    weighted = f", times {measure.weight}" if measure.weight else ""
    where = f", where {measure.condition}" if measure.condition else ""
    pieces = "" if measure.unit is Unit.MONEY or measure.value == "1" else ", as a number"
    day = _DAYS.get(measure.date, f"the day in {measure.date}")
    return [f"Counts {counts}{weighted}{pieces}{where}; on {day}.", *_days(component)]


def _value(value: str) -> str:
    return f"the {value}" if value.isidentifier() else value


def _earning(component: Component) -> str:
    return f"earning{f' in {component.earnings_of}' if component.earnings_of else ''}"


def _days(component: Component) -> list[str]:
    first, last = component.starts_on, component.ends_on
    if first and last:
        return [f"Only from {first} to {last}."]
    return [f"Only from {first} on."] if first else [f"Only up to {last}."] if last else []


def crediting_words(part: Part) -> list[str]:
    """Who is credited."""
    component, source = part.component, part.component.measure.source
    told = [_role(part)] if not component.credit else [_rule(rule, part) for rule in component.credit]
    if source in _WHOSE:
        told = [f"Credited to {_WHOSE[source]}."]
    elif source is Source.EARNINGS:
        told = []
    return [*told, *_roll_up(part)]


def _role(part: Part) -> str:
    deal = "a deal" if part.component.measure.source is Source.DEALS else "its deal"
    role = part.component.role
    if role == REVENUE:
        return f"Credited by the revenue splits of {deal}, or all of it to the owner where there are none."
    if role == OWNER:
        return f"Credited to the owner of {deal}, all of it."
    return f"Credited by the {role} splits of {deal}; without any, to nobody."


def _rule(rule: CreditRule, part: Part) -> str:
    kind, _, name = rule.to.partition(":")
    who = {"field": f"the person in {name}", "team": f"everybody in the team {name}"}.get(kind, rule.to)
    who = "the owner" if rule.to == OWNER else who
    where = f", where {rule.condition}" if rule.condition else ""
    return f"Credited {percent(rule.share)} of a {part.record} to {who}, as {rule.role}{where}."


def _roll_up(part: Part) -> list[str]:
    roll_up = part.component.roll_up
    if roll_up is None:
        return []
    levels = {None: "at every level below one", 1: "who report to one directly"}
    below = levels.get(roll_up.levels, f"on the {roll_up.levels} levels below one")
    whose = "the members of one's team" if roll_up.to is RollUpTo.TEAM else f"the people {below}"
    verb = "earn" if part.component.measure.source is Source.EARNINGS else "are credited"
    own = "besides one's own" if roll_up.own else "and nothing of one's own"
    return [f"Counts for one what {whose} {verb}, {own}; teams and managers are those of the day."]


def span_words(part: Part) -> list[str]:
    """What adds up over which time, the quota it is measured against, and the budget."""
    component = part.component
    told = []
    if component.accumulate is Span.DEAL:
        told.append(f"Each {part.record} stands alone.")
    elif component.needs_quota:
        told.append(f"Adds up over {each_span(component.accumulate)}, against the quota for {component.measure.name}.")
    elif not isinstance(component.rate, FlatRate | Pool):
        told.append(f"Adds up over {each_span(component.accumulate)}.")
    if component.budget is not None:
        told.append(f"Pays at most {part.money(component.budget)} to all people together, first come first served.")
    return told
