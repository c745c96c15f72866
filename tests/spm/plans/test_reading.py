"""What is wrong with a plan file: every fault, with its line, all at once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from spm.plans import load_plan, plan_version, stored_plan
from spm.plans.model import AtBound, FlatRate, MarginalTiers, Tier, TierBasis, WholeAmountTiers
from spm.trial.plan_tests import run_tests

HEAD = 'name = "Test"\ncurrency = "USD"\n[[components]]\nname = "Sales"\n'
TIERED = HEAD + 'tier_mode = "marginal"\ntier_by = "amount"\ntiers = [\n{tiers}\n]\n'
LIBRARY = sorted((Path(__file__).parents[3] / "examples" / "plans" / "library").glob("*.toml"))
EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "plans").glob("*.toml"))


def faults(folder: Path, text: str, **options: object) -> list[str]:
    path = folder / "plan.toml"
    path.write_text(text)
    loaded = load_plan(path, **options)  # type: ignore[arg-type]
    assert (loaded.plan is None) == bool(loaded.problems)
    return [str(problem).replace(f"{folder}/", "") for problem in loaded.problems]


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        (
            "{from=0, to=10, rate=0.1},\n{from=20, rate=0.2}",
            "plan.toml:9 (components.tiers.from): a tier ends at 10 and",
        ),
        ("{from=0, to=10, rate=0.1},\n{from=20, rate=0.2}", "starts at 20: a gap. Write from = 10, or change `to`"),
        ("{from=0, to=10, rate=0.1},\n{from=5, rate=0.2}", "a tier ends at 10 and the next starts at 5: an overlap."),
        ("{from=5, rate=0.1}", "plan.toml:8 (components.tiers.from): nothing is said for what lies below 5."),
        ("{from=0, to=5, rate=0.1}", "plan.toml:8 (components.tiers.to): nothing is said for what lies above 5."),
        (
            "{from=0, to=9, rate=0.1},\n{from=9, to=3, rate=0.1},\n{from=3, rate=0.2}",
            "the tier from 9 to 3 holds nothing.",
        ),
        ("{from=0, rate=0.1},\n{rate=0.2}", "it is not said where the tier before ends and this one starts."),
        (
            "{from=0, rate=6}",
            "plan.toml:8 (components.tiers.rate): a rate of 6 pays more than the deal; it looks like a",
        ),
        ("{from=0, rate=6}", 'Write 0.06 or "6 %" for 6 %, and "600 %" for 6 times the amount.'),
        ("{from=0, rate=-0.1}", "should not be negative"),
        ("{from=0, rate=true}", "should be a number such as 0.06"),
        ("{from=0, rate='six'}", "should be a number such as 0.06"),
        ("{from=0, rate=nan}", "with at most 10 places"),
        ("{from=0, rate=0.12345678901}", "with at most 10 places"),
        ("{from=0, rate=0.1, upto=5}", "plan.toml:8 (components[0].tiers[0].upto): there is no such key."),
    ],
)
def test_a_fault_in_the_tiers_is_found(tmp_path: Path, tiers: str, expected: str) -> None:
    found = faults(tmp_path, TIERED.format(tiers=tiers))
    assert any(expected in text for text in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name =", "plan.toml:1: not valid TOML"),
        ('name = "Test"', "plan.toml (currency): this is missing."),
        (HEAD.replace("USD", "dollars") + "rate = 0.1", "plan.toml:2 (currency)"),
        (HEAD + "rate = 0.1\nvaleu = 'amount'", "plan.toml:6 (components[0].valeu): there is no such key."),
        (HEAD + "rate = 0.1\nvaleu = 'amount'", "Did you mean 'value'?"),
        (HEAD, "plan.toml:3 (components): a component has one kind of rate, not none."),
        (HEAD + "rate = 0.1\ntier_by = 'amount'", "plan.toml:6 (components.tier_by): tier_by and tiers go together."),
        (HEAD + "tiers = [{from=0, rate=0.1}]", "Write tier_mode = marginal, whole_amount or base_plus_top."),
        (HEAD + "rate = 7", "plan.toml:5 (components.rate): a rate of 7 pays more than the deal"),
        (HEAD + "rate = 0.1\naccumulate = 'week'", "plan.toml:6 (components[0].accumulate)"),
        (HEAD + "rate = 0.1\n[[components]]\nname = 'Sales'\nrate = 0.1", "there are two components named 'Sales'."),
        (HEAD + "rate = 0.1\ndate = 'name'", "plan.toml:6 (components.date): name is no date field."),
        (HEAD + "rate = 0.1\nat_bound = 'lower_tier'", "at_bound means something only with tiers."),
        (HEAD.replace('"Sales"', '"Sales "') + "rate = 0.1", "plan.toml:4 (components[0].name)"),
        (HEAD.replace('"Sales"', '"Sa\\u001fles"') + "rate = 0.1", "plan.toml:4 (components[0].name)"),
        ('statement = "day"\n' + HEAD + "rate = 0.1", "plan.toml:1 (statement)"),
        (HEAD + "rate = 0.1\n[rounding]\nplaces = 9", "plan.toml:7 (rounding.places)"),
        (
            HEAD + "rate = 0.1\nvalue = 'sum(amount)'",
            "plan.toml:6 (components.value): sum looks at several deals at once.",
        ),
        (HEAD + "rate = 0.1\nvalue = 'name'", "plan.toml:6 (components.value): this gives no number."),
        (HEAD + "rate = 0.1\nvalue = '1'", "plan.toml:6 (components.value): this names no field of the deal."),
        (HEAD + "rate = 0.1\ncondition = 'amount'", "plan.toml:6 (components.condition): this is no condition."),
    ],
)
def test_a_fault_in_the_file_is_found(tmp_path: Path, text: str, expected: str) -> None:
    found = faults(tmp_path, text)
    assert any(expected in told for told in found), found


def test_an_attainment_written_in_per_cent_is_found(tmp_path: Path) -> None:
    text = TIERED.replace('"amount"', '"attainment"').format(tiers="{from=0, to=100, rate=0.1},\n{from=100, rate=0.2}")
    found = faults(tmp_path, text)
    assert [told.split(":")[1].split(" ")[0] for told in found] == ["8", "9"]
    assert "an attainment of 100 is 10000 % of quota" in found[0]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = TIERED.format(tiers="{from=1, to=2, rate=6},\n{from=3, to=4, rate=0.1}") + 'value = "sum(amount)"'
    assert len(faults(tmp_path, text)) == 5


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert "there is no such file" in str(load_plan(tmp_path / "none.toml").problems[0])


def test_fields_of_the_mapping_are_checked_where_they_are_known(tmp_path: Path) -> None:
    text = HEAD + "rate = 0.1\ncondition = \"regoin = 'EMEA'\"\ndate = 'start'"
    own = {"region": pl.String, "start": pl.Date}
    assert faults(tmp_path, text, own_fields=own) == [
        "plan.toml:6 (components.condition): there is no deal field 'regoin'. Did you mean 'region'?"
    ]
    assert faults(tmp_path, text) == []


def test_an_unknown_date_field_is_found_where_fields_are_known(tmp_path: Path) -> None:
    found = faults(tmp_path, HEAD + "rate = 0.1\ndate = 'close_dat'", own_fields={})
    assert found == ["plan.toml:6 (components.date): there is no deal field 'close_dat'. Did you mean 'close_date'?"]


def test_rates_may_be_written_in_per_cent(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(HEAD + 'rate = "6.5 %"')
    plan = load_plan(path).plan
    assert plan
    assert plan.components[0].rate == FlatRate(Decimal("0.065"))


def test_neighbours_may_leave_a_bound_to_each_other(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(TIERED.format(tiers="{to=10, rate=0.1},\n{to=20, rate=0.2},\n{rate=0.3}"))
    plan = load_plan(path).plan
    assert plan
    tiers = [("0", "10", "0.1"), ("10", "20", "0.2"), ("20", None, "0.3")]
    assert plan.components[0].rate == MarginalTiers(
        TierBasis.AMOUNT,
        tuple(Tier(Decimal(low), high and Decimal(high), Decimal(rate)) for low, high, rate in tiers),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_plans_to_copy_from_pass_their_own_tests(path: Path) -> None:
    assert load_plan(path, own_fields={}).problems == ()
    runs = run_tests(path, own_fields={})
    assert runs
    assert [problem for run in runs for problem in run.problems] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_in_order(path: Path) -> None:
    assert load_plan(path, own_fields={}).problems == ()


def test_there_are_examples() -> None:
    assert [path.stem for path in EXAMPLES] == ["ae", "flat", "smb"]
    assert [path.stem for path in LIBRARY] == ["development", "enterprise", "managers", "spif"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_version_is_read_back_from_its_text(path: Path) -> None:
    plan = load_plan(path).plan
    assert plan
    version = plan_version(plan)
    assert stored_plan(version.text) == version


def test_the_tier_at_a_bound_is_part_of_the_version(tmp_path: Path) -> None:
    whole = TIERED.replace("marginal", "whole_amount").format(tiers="{to=10, rate=0.1},\n{rate=0.3}")
    path = tmp_path / "plan.toml"
    path.write_text(whole + "at_bound = 'lower_tier'")
    plan = load_plan(path).plan
    assert plan
    rate = stored_plan(plan_version(plan).text).plan.components[0].rate
    assert isinstance(rate, WholeAmountTiers)
    assert rate.at_bound is AtBound.LOWER_TIER


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("# Everybody", "# All"), True),  # a comment
        (('"5 %"', "0.050"), True),  # the same rate, written otherwise
        (('statement = "month"\n', ""), True),  # a default, written out or not
        (('"5 %"', "0.051"), False),
        (('"Sales"', '"Turnover"'), False),
    ],
)
def test_a_version_changes_with_what_the_plan_means(tmp_path: Path, change: tuple[str, str], same: bool) -> None:
    original = next(path for path in EXAMPLES if path.stem == "flat")
    edited = tmp_path / "flat.toml"
    edited.write_text(original.read_text().replace(*change))
    plans = [load_plan(path).plan for path in (original, edited)]
    first, second = (plan_version(plan).hash for plan in plans if plan)
    assert (first == second) is same
