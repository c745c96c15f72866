"""What a deal paid somebody, in a sentence that fits a text field of a CRM.

    40,000.00 USD at 6 % up to quota + 10,000.00 USD at 9 % above quota = 3,300.00 USD (AE 2026, Mar 2026)
    60 % of 70,000.00 EUR: 45,000.00 USD at 5 % = 2,250.00 USD (Flat 2026, Feb 2026)

Credits are shown to two places; the earnings are exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from spm import wording
from spm.explain.tiers import labels
from spm.plans import PlanVersion

MAX_LENGTH = 255
"""Characters that a text field of both CRMs holds."""

_LABELS = {"plan_version": pl.String, "component": pl.String, "tier": pl.Int32, "label": pl.String}


def deal_explanations(lines: pl.DataFrame, plans: Sequence[PlanVersion]) -> pl.DataFrame:
    """`deal_id` and `explanation`, at most 255 characters, for each deal that has lines (frames.LINES).

    Pass the lines of one person per deal (the owner's, for a field on the deal), of all periods. `plans` hold the
    versions the lines name; of one that is missing, tiers are not described. Where the whole sentence is too
    long, it says how many parts there are in place of the parts.
    """
    told = lines.join(_labels(plans), on=["plan_version", "component", "tier"], how="left", nulls_equal=True)
    told = told.join(wording.periods(lines["period"]), on="period", how="left")
    ordered = told.sort("deal_id", "participant_id", "period", "line_no")
    pieces = ordered.with_columns(piece=_piece(), origin=_origin())
    return _sentences(pieces).sort("deal_id")


def explain_deal(lines: pl.DataFrame, plans: Sequence[PlanVersion]) -> str:
    """The sentence for one deal and person; empty where it earned nothing. Raises ValueError for several deals."""
    sentences = deal_explanations(lines, plans)["explanation"]
    if sentences.len() > 1:
        raise ValueError(f"one deal is explained at a time, not {sentences.len()}")
    return str(sentences[0]) if sentences.len() else ""


def _labels(plans: Sequence[PlanVersion]) -> pl.DataFrame:
    rows = [(plan.hash, *key, label) for plan in plans for key, label in labels(plan).items()]
    return pl.DataFrame(rows, schema=_LABELS, orient="row").unique(["plan_version", "component", "tier"])


def _piece() -> pl.Expr:
    where = pl.col("label").fill_null("")
    credit = pl.format(
        "{} {} at {}{}",
        wording.amounts(pl.col("credited")),
        pl.col("currency"),
        wording.percents(pl.col("rate")),
        where,
    )
    more = pl.when(pl.col("rate") > 0).then(pl.lit("more")).otherwise(pl.lit("less"))
    change = pl.format(
        "{} {} for {} {}{} ({})",
        *(wording.amounts(pl.col("amount")), pl.col("currency"), wording.percents(pl.col("rate").abs())),
        *(more, where, pl.col("period_words")),
    )
    return pl.when(pl.col("cause") == "retroactive").then(change).otherwise(credit)


def _origin() -> pl.Expr:
    """`60 % of 70,000.00 EUR: ` where a share or another currency lies between the deal and the credit."""
    whole = pl.format("{} {}: ", wording.amounts(pl.col("deal_amount")), pl.col("deal_currency"))
    share = pl.format("{} of {}", wording.percents(pl.col("share")), whole)
    foreign = pl.col("deal_currency") != pl.col("currency")
    none = pl.lit("")
    return pl.when(pl.col("share") != 1).then(share).when(foreign).then(whole).otherwise(none)


def _sentences(pieces: pl.DataFrame) -> pl.DataFrame:
    # A deal may hold several shares of one person: then each piece says its own origin.
    one_origin = pl.col("origin").n_unique().over("deal_id", "participant_id") == 1
    first = pl.int_range(pl.len()).over("deal_id", "participant_id") == 0
    origin = pl.when(first | ~one_origin).then("origin").otherwise(pl.lit(""))
    grouped = (
        pieces.with_columns(piece=pl.concat_str(origin, "piece"))
        .group_by("deal_id", maintain_order=True)
        .agg(
            pl.col("piece").str.join(" + "),
            pl.col("amount").sum(),
            pl.col("currency", "plan", "period_words").last(),
            pl.col("credited").filter(pl.col("cause") == "credit").sum(),
            parts=pl.len(),
        )
    )
    parts = pl.col("piece").str.replace_all("+ -", "- ", literal=True)
    short = pl.format("{} {} credited in {} parts", wording.amounts(pl.col("credited")), "currency", "parts")
    whole, brief = _summed(parts), _summed(short)
    fitting = pl.when(whole.str.len_chars() <= MAX_LENGTH).then(whole).otherwise(brief)
    return grouped.select("deal_id", explanation=fitting.str.head(MAX_LENGTH))


def _summed(parts: pl.Expr) -> pl.Expr:
    total = wording.amounts(pl.col("amount"))
    return pl.format("{} = {} {} ({}, {})", parts, total, "currency", "plan", "period_words")
