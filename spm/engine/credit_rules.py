"""Credit by rules of the plan: each gives its share of the records it holds for to whom it names.

Rules add up: what goes beyond the whole is an overlay. A field names somebody by email or by the id that a CRM knows
an owner by; those ids are learned from the deals and splits at hand.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.engine import hierarchy
from spm.engine.exact import money
from spm.engine.inputs import Inputs
from spm.engine.measuring import applies, named
from spm.plans.model import OWNER, Component, CreditRule, Plan

_Found = tuple[pl.DataFrame, list[Problem]]
_Named = tuple[pl.DataFrame, list[tuple[str, str]]]
"""The records with `participant_id`, and messages with hints about those that name nobody known."""


def by_rules(counted: pl.DataFrame, inputs: Inputs, plan: Plan, component: Component) -> _Found:
    """The rows of credit (as crediting.credited) of every rule, and the rules or records that name nobody known."""
    helpers = [name for name in counted.columns if name.startswith("rule ")]
    rows: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for number, rule in enumerate(component.credit):
        held = counted.filter(pl.col(applies(number)))
        found, odd = _credited(held, number, rule, inputs)
        where = f"plan {plan.name}, component {component.name}"
        problems += [Problem(where, "credit", message, hint, "warning") for message, hint in odd]
        rows.append(found.drop(helpers).with_columns(_credit(number, rule)))
    made = pl.concat(rows)
    return made if plan.splits is not None else made.drop("owner"), problems


def _credit(number: int, rule: CreditRule) -> list[pl.Expr]:
    return [
        pl.lit(number, dtype=pl.Int64).alias("split_id"),
        money(rule.share).alias("share"),
        pl.lit(rule.role).alias("role"),
        pl.lit(None, dtype=pl.Int64).alias("from_participant_id"),
    ]


def _credited(held: pl.DataFrame, number: int, rule: CreditRule, inputs: Inputs) -> _Named:
    kind, _, name = rule.to.partition(":")
    if rule.to == OWNER:
        return held.drop_nulls("owner").with_columns(participant_id="owner"), []
    if kind == "team":
        return _team(held, name, inputs)
    if kind == "field":
        return _field(held, name, named(number), inputs)
    return _email(held, rule.to, inputs)


def _email(held: pl.DataFrame, email: str, inputs: Inputs) -> _Named:
    known = inputs.people.filter(pl.col("email") == email.lower())["participant_id"]
    person = known[0] if known.len() else None
    rows = held.with_columns(pl.lit(person, dtype=pl.Int64).alias("participant_id")).drop_nulls("participant_id")
    if known.len() or held.is_empty():
        return rows, []
    message = f"a rule credits {email}, who is no participant; the rule credits nobody."
    return rows, [(message, "Correct the email in the plan, or sync users.")]


def _team(held: pl.DataFrame, team: str, inputs: Inputs) -> _Named:
    members = hierarchy.members_of(inputs.hierarchy.filter(pl.col("team") == team)).drop("team")
    there = pl.col("on").is_between("since", "until") | pl.col("on").is_null()
    rows = held.join(members, how="cross").filter(there).drop("since", "until")
    if members.height or held.is_empty():
        return rows, []
    message = f"a rule credits the team {team}, which nobody is in; the rule credits nobody."
    return rows, [(message, "Correct the team in the plan, or say who is in it.")]


def _field(held: pl.DataFrame, field: str, column: str, inputs: Inputs) -> _Named:
    text = pl.col(column).str.strip_chars()
    said = held.with_columns(text.alias(column)).filter(pl.col(column) != "")
    names = said.select("deal_id", column).unique()
    emails = inputs.people.select(pl.col("email").alias("key"), found="participant_id")
    by_email = names.with_columns(key=pl.col(column).str.to_lowercase()).join(emails, on="key").drop("key")
    by_id = names.join(by_email, on=["deal_id", column], how="anti", nulls_equal=True)
    by_id = by_id.join(_connections(inputs), on="deal_id").join(
        _owner_ids(inputs), left_on=["connection", column], right_on=["connection", "owner_id"]
    )
    who = pl.concat([by_email, by_id.select(by_email.columns)]).rename({"found": "participant_id"})
    rows = said.join(who, on=["deal_id", column], nulls_equal=True)
    lost = names.join(who, on=["deal_id", column], how="anti", nulls_equal=True)
    return rows, [_unknown(field, *row) for row in _grouped(lost, column)]


def _grouped(lost: pl.DataFrame, column: str) -> list[tuple[str, int]]:
    return lost.group_by(column).agg(pl.len()).sort(column).rows()


def _unknown(field: str, name: str, count: int) -> tuple[str, str]:
    times = "1 record" if count == 1 else f"{count} records"
    message = f"the field {field} of {times} says {name}, who is no participant; the rule credits nobody there."
    return message, "Correct the field in the CRM, map it to an email, or sync users."


def _connections(inputs: Inputs) -> pl.DataFrame:
    return inputs.deals.select("deal_id", "connection")


def _owner_ids(inputs: Inputs) -> pl.DataFrame:
    """`connection`, `owner_id` and whose it is (`found`), as the deals and splits at hand know."""
    known = [pl.DataFrame(schema={"connection": pl.String, "owner_id": pl.String, "found": pl.Int64})]
    if "owner_id" in inputs.deals.columns:
        known.append(inputs.deals.select("connection", "owner_id", found="owner_participant_id"))
    if "owner_id" in inputs.splits.columns:
        shares = inputs.splits.join(_connections(inputs), on="deal_id")
        known.append(shares.select("connection", "owner_id", found="participant_id"))
    ids = pl.concat(known).drop_nulls().sort("connection", "owner_id", "found")
    return ids.unique(["connection", "owner_id"], keep="first", maintain_order=True)
