"""A plan for every feature of the language, as people write it: `HEAD + text` is a file."""

from __future__ import annotations

HEAD = 'name = "Test"\ncurrency = "USD"\n'
SALES = '[[components]]\nname = "Sales"\nrate = 0.1\n'
OTHER = '[[components]]\nname = "Renewals"\nrate = 0.1\ncondition = "deal_type = \'Renewal\'"\n'
BARE = '[[components]]\nname = "Sales"\n'

PLAN: dict[str, str] = {
    "half years": 'statement = "half"\n' + SALES,
    "rounding": 'rounding = { places = 0, rule = "down" }\n' + SALES,
    "pay currency of each": 'pay_currency = "participant"\n' + SALES,
    "pay currency": 'pay_currency = "EUR"\n' + SALES,
    "rates of the plan": '[exchange]\npolicy = "plan_rate"\nrates = { EUR = 1.25, GBP = "1.5" }\n' + SALES,
    "rate of another day": '[exchange]\npolicy = "created_on"\n' + SALES,
    "split rounding": '[splits]\nresidual = "largest"\n' + SALES,
    "split rounding to units": '[splits]\nplaces = 0\nresidual = "owner"\n' + SALES,
    "proration": "[proration]\n" + SALES,
    "proration by working days": (
        '[proration]\nby = "working_days"\nholidays = [2026-01-01, 2026-12-25]\nleave = false\nof = ["quota"]\n' + SALES
    ),
    "seasonality": (
        "[seasonality]\nbookings = "
        '["5 %", "5 %", "10 %", "5 %", "5 %", "10 %", "5 %", "5 %", "10 %", "10 %", "10 %", "20 %"]\n' + SALES
    ),
    "ramp": '[[ramps]]\nmeasure = "bookings"\nshares = [0.25, 0.5, "75 %"]\n' + SALES,
    "draw": "[draw]\namount = 2000\nrecoverable = true\n" + SALES,
    "draw of each": '[draw]\namount = "draw"\nrecoverable = false\nmode = "on_top"\nperiods = 6\n' + SALES,
    "guarantee and cap": (
        '[[caps]]\namount = 50000\nover = "year"\nexcess = "hold"\n[[floors]]\namount = 1000\nover = "month"\n' + SALES
    ),
}
"""What belongs to the whole plan."""

SOURCES: dict[str, str] = {
    "count of deals": SALES + 'unit = "number"\n',
    "count written out": SALES + 'value = "1"\nunit = "number"\n',
    "weight": SALES + "weight = \"case when deal_type = 'Renewal' then 0.5 else 1 end\"\n",
    "line items": SALES + 'source = "line_items"\ncondition = "family = \'Cloud\'"\n',
    "pieces": BARE + 'source = "line_items"\nper_unit = 50\n',
    "activities": BARE + 'source = "activities"\ncondition = "type = \'meeting\' and done"\nper_unit = 25\n',
    "entries": BARE + 'source = "entries"\nmeasure = "mbo"\nrate = 1000\n',
    "entries in money": SALES + 'source = "entries"\nmeasure = "services"\nunit = "money"\n',
    "payments": SALES + 'source = "payments"\ncondition = "kind = \'payment\' and deal_amount > 10"\n',
    "earnings": SALES + 'source = "earnings"\nearnings_of = "New business"\n[components.roll_up]\nto = "manager"\n',
}
"""What counts."""

CREDITING: dict[str, str] = {
    "overlay": SALES + 'role = "overlay"\n',
    "credit rules": (
        SALES + '[[components.credit]]\nto = "owner"\n'
        '[[components.credit]]\nto = "field:se_email"\nshare = "50 %"\ncondition = "amount > 10"\nrole = "engineer"\n'
        '[[components.credit]]\nto = "team:EMEA"\nshare = 0.1\n'
    ),
    "managers": SALES + 'roll_up = { to = "manager" }\n',
    "managers all the way up": SALES + 'roll_up = { to = "manager", levels = "all", own = false }\n',
    "two levels": SALES + 'roll_up = { to = "manager", levels = 2 }\n',
    "team": SALES + 'roll_up = { to = "team" }\n',
    "days and budget": SALES + "starts_on = 2026-03-01\nends_on = 2026-03-31\nbudget = 10000\n",
}
"""Who is credited."""

RATES: dict[str, str] = {
    "flat": SALES,
    "per unit": BARE + "per_unit = 100\n",
    "marginal": BARE
    + 'tier_mode = "marginal"\ntier_by = "attainment"\ntiers = [{to = 1, rate = 0.06}, {rate = 0.09}]\n',
    "whole amount": BARE
    + 'tier_mode = "whole_amount"\ntier_by = "amount"\nat_bound = "lower_tier"\n'
    + "tiers = [{to = 1000, rate = 0.06}, {rate = 0.09}]\n",
    "base plus top": BARE
    + 'tier_mode = "base_plus_top"\ntier_by = "attainment"\n'
    + "tiers = [{to = 1, rate = 0.06}, {to = 1.25, rate = 0.09}, {rate = 0.12}]\n",
    "whole amount by attainment": BARE
    + 'tier_mode = "whole_amount"\ntier_by = "attainment"\ntiers = [{to = 1, rate = 0.06}, {rate = 0.09}]\n',
    "base plus top by amount": BARE
    + 'tier_mode = "base_plus_top"\ntier_by = "amount"\nat_bound = "lower_tier"\n'
    + "tiers = [{to = 1000, rate = 0.06}, {rate = 0.09}]\n",
    "by count": BARE + 'tier_mode = "marginal"\ntier_by = "count"\ntiers = [{to = 5, rate = 0.06}, {rate = 0.09}]\n',
    "multipliers of a base rate": BARE
    + 'tier_mode = "marginal"\ntier_by = "attainment"\nbase_rate = 0.08\n'
    + "tiers = [{to = 1, multiplier = 1}, {multiplier = 1.5}]\n",
    "curve": BARE
    + 'accumulate = "quarter"\ntarget = 10000\ncurve_by = "attainment"\ncurve_pays = "target"\n'
    + 'curve = [{at = "50 %", pays = 0}, {at = 1, pays = 1}, {at = 1.5, pays = 2}]\n'
    + 'below = "zero"\nbeyond = "continue"\n',
    "curve in steps": BARE
    + 'curve_by = "amount"\ncurve_pays = "rate"\nshape = "step"\nbelow = "flat"\n'
    + "curve = [{at = 0, pays = 0.05}, {at = 1000, pays = 0.1}]\n",
    "steps": BARE
    + 'accumulate = "year"\nsteps_by = "amount"\nsteps_pays = "amount"\n'
    + "steps = [{at = 100000, pays = 1000}, {at = 200000, pays = 2500}]\n",
    "highest step": BARE
    + 'accumulate = "year"\nsteps_by = "count"\nsteps_pays = "target"\nwhich = "highest"\ntarget = "incentive"\n'
    + "steps = [{at = 5, pays = 0.5}, {at = 10, pays = 1}]\n",
    "matrix": OTHER
    + BARE
    + 'target = 5000\n[components.matrix]\nrows = [0.5, 1]\nother = "Renewals"\nother_by = "amount"\n'
    + 'columns = [0, 1000]\nvalues = [["25 %", "50 %"], [0.75, 1.25]]\npays = "target"\n',
    "pool by rate": BARE + 'pool = { divided = "by_credit", rate = 0.02 }\n',
    "pool of an amount": BARE + 'pool = { divided = "equally", amount = 9000, at_least = 1 }\n',
    "gaps pay nothing": BARE
    + 'tier_mode = "marginal"\ntier_by = "amount"\nin_gap = "zero"\n'
    + "tiers = [{from = 10, to = 20, rate = 0.06}, {from = 30, to = 40, rate = 0.09}]\n",
}
"""At which rate."""

MODIFIERS: dict[str, str] = {
    "gate": SALES + 'gates = [{ at_least = "50 %" }]\n',
    "gate of another": OTHER
    + SALES
    + 'gates = [{ at_least = 1000, by = "amount", of = "Renewals", over = "quarter", otherwise = 0.5 }]\n',
    "multiplier": OTHER
    + SALES
    + 'multipliers = [{ of = "Renewals", points = [{ at = 0, times = 0.8 }, { at = 1, times = 1.2 }] }]\n',
    "multiplier by a line": OTHER
    + SALES
    + 'multipliers = [{ of = "Renewals", by = "amount", points = [{ at = 0, times = 1 }, { at = 100, times = 2 }], '
    + 'shape = "linear", below = "zero", beyond = "continue" }]\n',
    "caps": SALES + 'caps = [{ amount = 500, over = "deal" }, { amount = 9000, over = "year", excess = "hold" }]\n',
    "cap of target": SALES
    + 'accumulate = "quarter"\ntarget = 10000\ncaps = [{ times_target = 2, over = "quarter" }]\n',
    "floors": SALES + 'floors = [{ amount = 10, over = "deal" }, { amount = "minimum", over = "month" }]\n',
    "hold": SALES + 'hold = { release = "payment" }\n',
    "hold in part": SALES + 'hold = { release = "go_live", share = 0.5, pro_rata = false, after_days = 30 }\n',
    "clawback": SALES + 'clawback = { on = "refund", within_days = 90 }\n',
    "clawback restated": SALES + 'clawback = { on = "churned_on", amount = "pro_rata", where = "restate" }\n',
}
"""What changes it afterwards."""

EVERY = {
    **{f"plan: {name}": text for name, text in PLAN.items()},
    **{f"source: {name}": text for name, text in SOURCES.items()},
    **{f"credit: {name}": text for name, text in CREDITING.items()},
    **{f"rate: {name}": text for name, text in RATES.items()},
    **{f"modifier: {name}": text for name, text in MODIFIERS.items()},
}
