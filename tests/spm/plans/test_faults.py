"""Faults in plans whose every key is in order: each is found, named and told what to write instead."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from spm.plans import load_plan
from tests.spm.plans.features import BARE, EVERY, HEAD, OTHER, SALES

MARGINAL = BARE + 'tier_mode = "marginal"\ntier_by = "amount"\n'
CURVE = BARE + 'curve_by = "amount"\ncurve_pays = "amount"\n'
STEPS = BARE + 'steps_by = "amount"\nsteps_pays = "amount"\n'
MATRIX = OTHER + BARE + '[components.matrix]\nother = "Renewals"\npays = "amount"\n'
MONTHS = ", ".join(['"8 %"'] * 11)


def faults(folder: Path, text: str, own_fields: dict[str, type[pl.DataType]] | None = None) -> list[str]:
    """Each fault without the folder, with its place in brackets."""
    path = folder / "plan.toml"
    path.write_text(HEAD + text)
    return [
        str(problem).removeprefix(f"{folder}/plan.toml:") for problem in load_plan(path, own_fields=own_fields).problems
    ]


KINDS = [
    (BARE + "rate = 0.1\nper_unit = 5\n", "3 (components): a component has one kind of rate, not rate and per_unit."),
    (CURVE.replace("curve_by", "#") + "curve = [{at=0, pays=1}]\n", "curve_by and curve go together."),
    (CURVE.replace("curve_by", "#") + "curve = [{at=0, pays=1}]\n", "Write curve_by = attainment, amount or count."),
    (STEPS.replace("steps_pays", "#") + "steps = [{at=1, pays=1}]\n", "Write steps_pays = target or amount."),
    (
        SALES + 'curve_pays = "rate"\n',
        "6 (components.curve_pays): curve_pays and curve go together. Remove curve_pays.",
    ),
    (SALES + 'shape = "step"\n', "6 (components.shape): shape means something only with curve."),
    (SALES + 'which = "each"\n', "which means something only with steps."),
    (SALES + 'in_gap = "zero"\n', "in_gap means something only with tiers."),
    (MARGINAL + 'tiers = [{rate = 0.1}]\nat_bound = "lower_tier"\n', "at_bound means something only with tier_mode ="),
    (SALES + "target = 1000\n", "6 (components.target): nothing in this component is paid by the target."),
    (
        SALES + 'caps = [{times_target = 2, over = "year"}]\n',
        "a share of the target incentive, and there is no target.",
    ),
    (CURVE.replace('pays = "amount"', 'pays = "target"') + "curve = [{at=0, pays=1}]\n", "and there is no target."),
]
TIERS = [
    (MARGINAL + "tiers = [{to = 5}, {rate = 0.1}]\n", "7 (components.tiers): a tier has either a rate or a multiplier"),
    (MARGINAL + "tiers = [{rate = 0.1, multiplier = 2}]\nbase_rate = 0.1\n", "either a rate or a multiplier"),
    (MARGINAL + "tiers = [{multiplier = 2}]\n", "(components.base_rate): base_rate and a multiplier in the tiers go"),
    (MARGINAL + "tiers = [{rate = 0.1}]\nbase_rate = 0.1\n", "8 (components.base_rate): base_rate and a multiplier"),
    (
        MARGINAL + "tiers = [{multiplier = 1.00001}]\nbase_rate = 0.000001\n",
        "(components.tiers.multiplier): base_rate x multiplier has more than ten places.",
    ),
    (MARGINAL + "tiers = [{multiplier = 20}]\nbase_rate = 0.1\n", "a share of 20 is 2000 %; it looks like"),
    (
        MARGINAL.replace("marginal", "base_plus_top") + "tiers = [{rate = 0.1}]\n",
        "(components.tier_mode): base_plus_top",
    ),
    (MARGINAL + "tiers = [{from=0, to=9, rate=0.1}, {from=12, rate=0.2}]\n", "or say what it pays with in_gap = zero,"),
    (MARGINAL + 'tiers = [{from=0, to=9, rate=0.1}, {from=5, rate=0.2}]\nin_gap = "zero"\n', ": an overlap."),
    (MARGINAL + 'tiers = [{from=0, to=9, rate=0.1}, {from=12, rate=0.2}]\nin_gap = "refuse"\n', ": a gap."),
]
PERCENTAGES = [
    (SALES.replace("0.1", "6"), '"600 %" for 6 times the amount.'),
    (SALES.replace("rate = 0.1", "pool = {divided = 'equally', rate = 5}"), "(components.pool.rate): a rate of 5 pays"),
    (CURVE.replace('pays = "amount"', 'pays = "rate"') + "curve = [{at=0, pays=5}]\n", "a rate of 5 pays more"),
    (
        CURVE.replace('by = "amount"', 'by = "attainment"') + "curve = [{at=50, pays=5}]\n",
        "an attainment of 50 is 5000 %",
    ),
    (STEPS.replace('by = "amount"', 'by = "attainment"') + "steps = [{at=100, pays=5}]\n", "an attainment of 100 is"),
    (
        CURVE.replace('pays = "amount"', 'pays = "target"\ntarget = 9') + "curve = [{at=0, pays=100}]\n",
        "(components.curve.pays): a share of 100 is 10000 %",
    ),
    (SALES + "gates = [{at_least = 50}]\n", "6 (components.gates.at_least): an attainment of 50 is"),
    (SALES + "gates = [{at_least = 0.5, otherwise = 50}]\n", "a share of 50 is 5000 %; it looks like a percentage."),
    (OTHER + SALES + 'multipliers = [{of="Renewals", points=[{at=80, times=1}]}]\n', "an attainment of 80 is"),
    (OTHER + SALES + 'multipliers = [{of="Renewals", points=[{at=0.8, times=120}]}]\n', "a share of 120 is"),
    (MATRIX + "rows = [50]\ncolumns = [0]\nvalues = [[1]]\n", "(components.matrix.rows): an attainment of 50 is"),
    (MATRIX + "rows = [0]\ncolumns = [50]\nvalues = [[1]]\n", "(components.matrix.columns): an attainment of 50 is"),
    (
        MATRIX.replace("amount", "rate") + "rows = [0]\ncolumns = [0]\nvalues = [[5]]\n",
        "(components.matrix.values): a rate",
    ),
    (SALES + 'hold = {release = "payment", share = 50}\n', "(components.hold.share): a share of 50 is"),
    (SALES + '[[components.credit]]\nto = "owner"\nshare = 50\n', "8 (components.credit.share): a share of 50 is"),
    ('ramps = [{measure = "bookings", shares = [25, 1]}]\n' + SALES, "3 (ramps.shares): a share of 25 is"),
    (BARE + "pool = {divided = 'equally', amount = 5, at_least = 100}\n", "(components.pool.at_least): an attainment"),
]
NAMES = [
    (
        SALES + 'gates = [{at_least = 1, of = "Renewal"}]\n' + OTHER,
        "no component 'Renewal' in this plan. Did you mean 'Re",
    ),
    (SALES + 'gates = [{at_least = 1, of = "Sales"}]\n', "a component cannot refer to itself here. Leave out `of`."),
    (SALES + 'multipliers = [{of = "Sales", points = [{at=0, times=1}]}]\n', "to itself here. Name another component."),
    (
        MATRIX.replace('"Renewals"\npays', '"Renewal"\npays') + "rows=[0]\ncolumns=[0]\nvalues=[[1]]\n",
        "no component 'Renewal'",
    ),
    (SALES + 'earnings_of = "X"\n', "6 (components.earnings_of): earnings_of means something only where earnings are"),
    (SALES + 'source = "earnings"\nearnings_of = "Sales"\n', "a component cannot count its own earnings."),
    (
        'ramps = [{measure = "bookngs", shares = [1]}]\n' + SALES,
        "3 (ramps.measure): no component of this plan has the me",
    ),
    ('ramps = [{measure = "bookngs", shares = [1]}]\n' + SALES, "Did you mean 'bookings'?"),
    (f"seasonality = {{ units = [{MONTHS}, '12 %'] }}\n" + SALES, "3 (seasonality.units): no component of this plan"),
]
CURVES = [
    (CURVE + "curve = [{at=5, pays=1}, {at=5, pays=2}]\n", "(components.curve.at): 5 comes after 5. Put them in order"),
    (STEPS + "steps = [{at=5, pays=1}, {at=4, pays=2}]\n", "(components.steps.at): 4 comes after 5."),
    (
        CURVE + 'curve = [{at=5, pays=1}]\nbeyond = "continue"\n',
        "with the slope of its last piece, and here there is no",
    ),
    (CURVE + 'curve = [{at=5, pays=1}, {at=6, pays=1}]\nbeyond = "continue"\nshape = "step"\n', "there is no slope."),
    (
        OTHER + SALES + 'multipliers = [{of="Renewals", points=[{at=1, times=1}, {at=0, times=1}]}]\n',
        "(components.multipliers.points.at): 0 comes after 1.",
    ),
    (
        OTHER
        + SALES
        + 'multipliers = [{of="Renewals", beyond="continue", points=[{at=0, times=1}, {at=1, times=1}]}]\n',
        "(components.multipliers.beyond): a curve goes on",
    ),
    (MATRIX + "rows = [1, 0.5]\ncolumns = [0]\nvalues = [[1], [1]]\n", "(components.matrix.rows): 0.5 comes after 1."),
    (MATRIX + "rows = [0, 0.5]\ncolumns = [0]\nvalues = [[1]]\n", "there are 2 rows and values for 1."),
    (MATRIX + "rows = [0]\ncolumns = [0, 1]\nvalues = [[1]]\n", "there are 2 columns and 1 values."),
]
SPANS = [
    (
        SALES + "starts_on = 2026-03-01\nends_on = 2026-02-01\n",
        "7 (components.ends_on): it ends on 2026-02-01, before it",
    ),
    (SALES + "starts_on = 2026\n", "6 (components[0].starts_on): should be a day such as 2026-01-31."),
    (SALES + "starts_on = 2026-01-01T10:00:00\n", "should be a day such as 2026-01-31."),
    (
        MARGINAL.replace("amount", "attainment") + 'accumulate = "deal"\ntiers = [{rate = 0.1}]\n',
        "no quota for one deal",
    ),
    (MARGINAL.replace("amount", "count") + 'accumulate = "deal"\ntiers = [{rate = 0.1}]\n', "a count says nothing."),
    (BARE + 'accumulate = "deal"\npool = {divided = "equally", rate = 0.1}\n', "a team shares what a period brings"),
    (
        OTHER
        + BARE
        + 'accumulate = "deal"\n'
        + MATRIX.partition('Sales"\n')[2]
        + "rows=[0]\ncolumns=[0]\nvalues=[[1]]\n",
        "a matrix is about results of a period",
    ),
    (
        CURVE.replace('pays = "amount"', 'pays = "target"\ntarget = 9')
        + 'accumulate = "deal"\ncurve = [{at=0, pays=1}]\n',
        "there is no target incentive for one deal. Pay amounts",
    ),
    (BARE + 'per_unit = 5\nunit = "money"\n', "6 (components.unit): an amount a piece needs pieces, not money."),
    (SALES + 'source = "activities"\nunit = "money"\n', "activities have no currency."),
    (SALES + 'source = "earnings"\nunit = "number"\n', "earnings are money."),
    (SALES + 'source = "entries"\n', "(components.measure): entries are counted by the measure they name"),
    (
        SALES + 'source = "activities"\nhold = {release = "payment"}\n',
        "activities are no deals: what is held is released",
    ),
    (SALES + 'source = "earnings"\nclawback = {on = "refund"}\n', "earnings are no deals: what is taken back was paid"),
    (
        SALES + 'source = "activities"\nrole = "overlay"\n',
        "activities are credited to whom they belong, without roles.",
    ),
    (SALES + 'source = "earnings"\nbudget = 5\n', "budget means nothing where others' earnings are counted."),
    (SALES + 'source = "earnings"\n[[components.credit]]\nto = "owner"\n', "credit means nothing where others'"),
    (BARE + 'pool = {divided = "equally"}\n', "a pool is either a rate of what the team sold or an amount."),
    (BARE + 'pool = {divided = "equally", rate = 0.1, amount = 5}\n', "a pool is either a rate"),
    (BARE + 'pool = {divided = "equally", rate = 0.1, at_least = 1}\n', "at_least says from where an amount is there"),
    (
        BARE + 'pool = {divided = "equally", rate = 0.1}\nroll_up = {to = "team"}\n',
        "already counts what the whole team",
    ),
    (BARE + 'pool = {divided = "equally", rate = 0.1}\nbudget = 9\n', "a pool is bounded by its own amount."),
    (
        SALES + 'roll_up = {to = "manager", levels = 0}\n',
        "(components[0].roll_up.levels): should be a number of levels such",
    ),
]
MODIFIERS = [
    (SALES + 'caps = [{over = "year"}]\n', "6 (components.caps): a cap is either an amount or times_target."),
    (SALES + 'caps = [{over = "year", amount = 5, excess = "keep"}]\n', "6 (components[0].caps[0].excess)"),
    (SALES + "caps = [{amount = 5}]\n", "6 (components[0].caps[0].over): this is missing."),
    (
        CURVE.replace('pays = "amount"', 'pays = "target"\ntarget = 9')
        + 'curve = [{at=0, pays=1}]\ncaps = [{times_target = 2, over = "deal"}]\n',
        "(components.caps.over): there is no target incentive for one deal.",
    ),
    ('caps = [{times_target = 2, over = "year"}]\n' + SALES, "3 (caps.times_target): a plan has no target incentive"),
    ('caps = [{amount = 2, over = "deal"}]\n' + SALES, "3 (caps.over): a cap on the whole plan is over a period"),
    ('floors = [{amount = 2, over = "deal"}]\n' + SALES, "3 (floors.over): a floor on the whole plan is over a period"),
    (SALES + 'gates = [{at_least = 1, over = "deal"}]\n', "a gate is about a period, not one deal."),
    (
        SALES + 'accumulate = "deal"\ngates = [{at_least = 1}]\n',
        "7 (components.gates): it is not said over which period",
    ),
    (SALES + "gates = [{at_least = 1, otherwise = 1.5}]\n", "a gate that is not met pays less, not more."),
    (SALES + "gates = [{at_least = 0}]\n", "a gate at 0 is always met."),
    (SALES + 'hold = {release = "payment", share = 1.5}\n', "a share of 1.5 cannot be held."),
    (SALES + 'hold = {release = "payment", share = 0}\n', "a share of 0 cannot be held."),
    (SALES + 'clawback = {on = "refund", within_days = -1}\n', "(components[0].clawback.within_days)"),
    (SALES + 'hold = {relase = "payment"}\n', "Did you mean 'release'?"),
]
SETTINGS = [
    ("seasonality = { bookings = [0.5, 0.5] }\n" + SALES, "a year has 12 months, and there are 2 shares."),
    (
        f"seasonality = {{ bookings = [{MONTHS}, '13 %'] }}\n" + SALES,
        "the shares of the months add up to 101 %, not 100 %.",
    ),
    (
        'exchange = { policy = "plan_rate" }\n' + SALES,
        "3 (exchange.rates): the plan's own rates are to be used, and there",
    ),
    ("exchange = { rates = { EUR = 1.2 } }\n" + SALES, "3 (exchange.rates): the plan's own rates are not used by this"),
    ('exchange = { policy = "plan_rate", rates = { USD = 1 } }\n' + SALES, "this is the plan's own currency."),
    ('exchange = { policy = "plan_rate", rates = { EUR = 0 } }\n' + SALES, "a rate of 0 makes nothing of every deal."),
    ('exchange = { policy = "plan_rate", rates = { Euro = 1 } }\n' + SALES, "3 (exchange.rates"),
    ('exchange = { policy = "name" }\n' + SALES, "3 (exchange.policy): name is no date field."),
    ('pay_currency = "euro"\n' + SALES, "3 (pay_currency)"),
    ("draw = { recoverable = true }\n" + SALES, "3 (draw.amount): this is missing."),
    ("draw = { amount = 0, recoverable = true }\n" + SALES, "3 (draw.amount): a draw of 0 pays nothing."),
    (
        "draw = { amount = '12,50', recoverable = true }\n" + SALES,
        "should be an amount, or the name of the quotas that",
    ),
    ("draw = { amount = 100 }\n" + SALES, "3 (draw.recoverable): this is missing."),
    ("proration = { of = [] }\n" + SALES, "3 (proration.of): it is not said what is prorated."),
    ('proration = { of = ["pay"] }\n' + SALES, "3 (proration.of[0])"),
    (
        'ramps = [{measure="bookings", shares=[1]}, {measure="bookings", shares=[1]}]\n' + SALES,
        "there are two ramps for",
    ),
    ('statement = "plan"\n' + SALES, "3 (statement)"),
    ("splits = { places = 2 }\n" + SALES, "3 (splits.residual): this is missing."),
]
FIELDS = [
    (SALES + 'weight = "name"\n', "6 (components.weight): this gives no number."),
    (
        SALES + 'source = "line_items"\ncondition = "famly = \'A\'"\n',
        "there is no line item field 'famly'. Did you mean 'fam",
    ),
    (SALES + 'source = "activities"\ncondition = "amount > 1"\n', "there is no activity field 'amount'."),
    (SALES + 'source = "entries"\nmeasure = "mbo"\ndate = "close_date"\n', "there is no entry field 'close_date'."),
    (SALES + 'source = "payments"\ncondition = "kind"\n', "7 (components.condition): this is no condition."),
    (SALES + 'value = "1"\n', "this names no field of the deal."),
    (SALES + 'value = "1"\n', 'to count deals, write unit = "number".'),
    (SALES + '[[components.credit]]\nto = "Jane"\n', "7 (components.credit.to): it is not clear who 'Jane' is."),
    (SALES + '[[components.credit]]\nto = "field:"\n', "it is not clear who 'field:' is."),
    (SALES + '[[components.credit]]\nto = "field:se"\n', "there is no deal field 'se'."),
    (SALES + '[[components.credit]]\nto = "field:amount"\n', "amount holds no text, so it names nobody."),
    (SALES + '[[components.credit]]\nto = "owner"\ncondition = "regoin = 1"\n', "there is no deal field 'regoin'."),
    (SALES + 'hold = { release = "stage" }\n', "(components.hold.release): stage is no date field."),
    (SALES + 'clawback = { on = "churn" }\n', "(components.clawback.on): there is no deal field 'churn'."),
    ('exchange = { policy = "counting_day" }\n' + SALES, "Did you mean 'counting_date'?"),
]


@pytest.mark.parametrize(
    ("text", "expected"), [*KINDS, *TIERS, *PERCENTAGES, *NAMES, *CURVES, *SPANS, *MODIFIERS, *SETTINGS, *FIELDS]
)
def test_a_fault_is_found_and_named(tmp_path: Path, text: str, expected: str) -> None:
    found = faults(tmp_path, text, own_fields={})
    assert any(expected in told for told in found), found


@pytest.mark.parametrize(
    "text",
    [
        SALES.replace("0.1", '"150 %"'),  # one and a half times a monthly fee
        BARE + "per_unit = 500\n",
        SALES.replace("0.1", "25") + 'unit = "number"\n',
        MARGINAL.replace("amount", "attainment") + 'tiers = [{to = "1000 %", rate = 0.1}, {rate = 0.2}]\n',
        SALES + 'source = "earnings"\nearnings_of = "Of another plan"\n',
        SALES + 'hold = { release = "go_live" }\n',
        MARGINAL
        + 'tiers = [{from = 10, to = 20, rate = 0.1}, {from = 30, to = 40, rate = 0.1}]\nin_gap = "higher_tier"\n',
        'exchange = { policy = "close_date" }\n' + SALES,
        SALES + '[[components.credit]]\nto = "jane@example.com"\n',
        SALES + "source = \"payments\"\ncondition = \"deal_amount > 1 and kind = 'payment' and stage = 'x'\"\n",
    ],
)
def test_what_can_be_meant_is_no_fault(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text, own_fields={}) == []


@pytest.mark.parametrize("name", EVERY)
def test_no_feature_is_a_fault(name: str, tmp_path: Path) -> None:
    own = {"se_email": pl.String, "created_on": pl.Date, "churned_on": pl.Date}
    assert faults(tmp_path, EVERY[name], own_fields=own) == []


def test_faults_of_every_part_are_told_at_once(tmp_path: Path) -> None:
    text = (
        'exchange = { policy = "plan_rate" }\ncaps = [{ amount = 2, over = "deal" }]\n'
        + SALES.replace("0.1", "6")
        + 'value = "sum(amount)"\ngates = [{ at_least = 50, of = "None" }]\n'
    )
    found = faults(tmp_path, text)
    assert [told.split(" ")[0] for told in found] == ["3", "4", "7", "8", "9", "9"]  # in the order of their lines
