"""What a deal paid somebody, in a sentence that fits a text field of a CRM.

    40,000.00 USD at 6 % up to quota + 10,000.00 USD at 9 % above quota = 3,300.00 USD (AE 2026, Mar 2026)
    60 % of 70,000.00 EUR: 45,000.00 USD at 5 % = 2,250.00 USD (Flat 2026, Feb 2026)
    3 x 50.00 USD - 75.00 USD held (Feb 2026) = 75.00 USD (Units 2026, Feb 2026)

Credits are shown to two places; the earnings are exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from spm import wording
from spm.explain.causes import ASIDES
from spm.explain.tiers import labels, told_of
from spm.plans import PlanVersion

MAX_LENGTH = 255
"""Characters that a text field of both CRMs holds."""

_LABELS = {"plan_version": pl.String, "component": pl.String, "tier": pl.Int32, "label": pl.String}
_UNITS = {"plan_version": pl.String, "component": pl.String, "pieces": pl.Boolean}
_AT_A_RATE = ("credit", "retroactive")


def deal_explanations(lines: pl.DataFrame, plans: Sequence[PlanVersion]) -> pl.DataFrame:
    """`deal_id` and `explanation`, at most 255 characters, for each deal that has lines (frames.LINES).

    Pass the lines of one person per deal (the owner's, for a field on the deal), of all periods; lines without a deal
    are passed over. `plans` hold the versions the lines name; of one that is missing, tiers are not described. Where
    the whole sentence is too long, it says how many parts there are in place of the parts.
    """
    told = lines.drop_nulls("deal_id").join(
        _labels(plans), on=["plan_version", "component", "tier"], how="left", nulls_equal=True
    )
    told = told.join(_units(plans), on=["plan_version", "component"], how="left")
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


def _units(plans: Sequence[PlanVersion]) -> pl.DataFrame:
    """Which components count pieces."""
    rows = [(plan.hash, name, told.pieces) for plan in plans for name, told in told_of(plan).items()]
    return pl.DataFrame(rows, schema=_UNITS, orient="row").unique(["plan_version", "component"])


def _piece() -> pl.Expr:
    """What each line adds to the sentence: a credit at its rate, a change of its rate, or an amount and its cause."""
    rated = pl.col("rate").is_not_null()
    reasoned = pl.format("{} ({})", _quantity(), pl.col("reason"))
    credit = pl.when(rated).then(_at_rate()).when(pl.col("reason").is_not_null()).then(reasoned)
    return (
        pl.when(pl.col("cause") == "credit")
        .then(credit.otherwise(_aside()))
        .when((pl.col("cause") == "retroactive") & rated)
        .then(_change())
        .otherwise(_aside())
    )


def _pieces() -> pl.Expr:
    return pl.col("pieces").fill_null(value=False)


def _quantity() -> pl.Expr:
    """The credit of the line: `40,000.00 USD`, or `3` pieces."""
    money = pl.format("{} {}", wording.amounts(pl.col("credited")), "currency")
    return pl.when(_pieces()).then(wording.numbers(pl.col("credited"))).otherwise(money)


def _price(rate: pl.Expr) -> pl.Expr:
    each = pl.format("{} {}", wording.amounts(rate), "currency")
    return pl.when(_pieces()).then(each).otherwise(wording.percents(rate))


def _at_rate() -> pl.Expr:
    sign = pl.when(_pieces()).then(pl.lit("x")).otherwise(pl.lit("at"))
    return pl.format("{} {} {}{}", _quantity(), sign, _price(pl.col("rate")), pl.col("label").fill_null(""))


def _change() -> pl.Expr:
    more = pl.when(pl.col("rate") > 0).then(pl.lit("more")).otherwise(pl.lit("less"))
    each = pl.when(_pieces()).then(pl.lit(" each")).otherwise(pl.lit(""))
    return pl.format(
        "{} {} for {}{} {}{} ({})",
        *(wording.amounts(pl.col("amount")), pl.col("currency"), _price(pl.col("rate").abs()), each),
        *(more, pl.col("label").fill_null(""), pl.col("period_words")),
    )


def _aside() -> pl.Expr:
    """`-300.00 USD held (Mar 2026)`."""
    cause = pl.col("cause").cast(pl.String).replace_strict(ASIDES, default="changed")
    return pl.format("{} {} {} ({})", wording.amounts(pl.col("amount")), "currency", cause, "period_words")


def _origin() -> pl.Expr:
    """`60 % of 70,000.00 EUR: ` where a share or another currency lies between the deal and the credit."""
    amount = pl.format("{} {}", wording.amounts(pl.col("deal_amount")), pl.col("deal_currency"))
    whole = pl.when(_pieces()).then(wording.numbers(pl.col("deal_amount"))).otherwise(amount)
    share = pl.format("{} of {}: ", wording.percents(pl.col("share")), whole)
    foreign = (pl.col("deal_currency") != pl.col("currency")) & ~_pieces()
    said = pl.when(pl.col("share") != 1).then(share).when(foreign).then(pl.format("{}: ", whole))
    return pl.when(pl.col("cause").is_in(_AT_A_RATE)).then(said).fill_null("")


def _sentences(pieces: pl.DataFrame) -> pl.DataFrame:
    # A deal may hold several shares of one person: then each piece says its own origin.
    rated = pl.col("cause").is_in(_AT_A_RATE)
    one_origin = pl.col("origin").filter(rated).n_unique().over("deal_id", "participant_id") <= 1
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
            pl.col("pieces").fill_null(value=False).all(),
            parts=pl.len(),
        )
    )
    parts = pl.col("piece").str.replace_all("+ -", "- ", literal=True)
    short = pl.format("{} credited in {} parts", _quantity(), "parts")
    whole, brief = _summed(parts), _summed(short)
    fitting = pl.when(whole.str.len_chars() <= MAX_LENGTH).then(whole).otherwise(brief)
    return grouped.select("deal_id", explanation=fitting.str.head(MAX_LENGTH))


def _summed(parts: pl.Expr) -> pl.Expr:
    total = wording.amounts(pl.col("amount"))
    return pl.format("{} = {} {} ({}, {})", parts, total, "currency", "plan", "period_words")
