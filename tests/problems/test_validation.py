"""Pydantic's errors come out as problems a person can act on, all of them, each at its line."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from problems import Problem
from problems.toml import parse_toml, problems_from


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Tier(Closed):
    rate: Decimal
    upto: Decimal | None = None


class Flat(Closed):
    kind: Literal["flat"]
    rate: Decimal = Field(gt=0)


class Tiered(Closed):
    kind: Literal["tiered"]
    tiers: list[Tier] = []


class Source(Closed):
    value: str
    type: Literal["text", "money"]


class Plan(Closed):
    name: str
    every: Literal["month", "quarter", "year"] = "month"
    components: list[Annotated[Flat | Tiered, Field(discriminator="kind")]] = []
    fields: dict[str, str | Source] = {}
    region: str = ""
    alias: str = Field("", alias="from")

    @field_validator("region")
    @classmethod
    def _known(cls, region: str) -> str:
        if region == "moon":
            raise ValueError("nobody sells there.")
        return region


def problems(text: str) -> list[Problem]:
    document = parse_toml(text, name="p.toml")
    with pytest.raises(ValidationError) as caught:
        Plan.model_validate(document.data)
    return problems_from(caught.value, document, Plan)


@pytest.mark.parametrize(
    ("text", "where", "field", "said", "hint"),
    [
        ("every = 'year'", "p.toml", "name", "missing", "Add name"),  # missing at the top has no line
        ("name = 'x'\nevry = 'year'", "p.toml:2", "evry", "no such key", "'every'"),
        ("name = 'x'\nzzzzzz = 'year'", "p.toml:2", "zzzzzz", "no such key", "Known here: name, every"),
        ("name = 'x'\nform = 'a'", "p.toml:2", "form", "no such key", "'from'"),  # by the name in the file
        ("name = 'x'\nevery = 'quater'", "p.toml:2", "every", "'month', 'quarter' or 'year'", "'quarter'"),
        ("name = 'x'\nevery = 'zzz'", "p.toml:2", "every", "'month', 'quarter' or 'year'", "Choose one of them."),
        ("name = 'x'\nevery = 3", "p.toml:2", "every", "'month', 'quarter' or 'year'", "Correct the value."),
        ("name = 3", "p.toml:1", "name", "should be a valid string", "Correct the value."),
        ("name = 'x'\nregion = 'moon'", "p.toml:2", "region", "nobody sells there.", "Correct the value."),
        (  # the discriminator's tag in the error's place is no key of the file
            "name = 'x'\n[[components]]\nkind = 'flat'\nrate = -1",
            "p.toml:4",
            "components[0].rate",
            "greater than 0",
            "Correct the value.",
        ),
        (
            "name = 'x'\n[[components]]\nkind = 'tiered'\n[[components.tiers]]\nrate=1\n[[components.tiers]]\nrte=1",
            "p.toml:7",
            "components[0].tiers[1].rte",
            "no such key",
            "'rate'",
        ),
        (  # either form of a union is offered
            "name = 'x'\nfields.a = 3",
            "p.toml:2",
            "fields.a",
            "should be a valid string or should be a valid dictionary",
            "Correct the value.",
        ),
    ],
)
def test_error_becomes_a_problem_at_its_line(text: str, where: str, field: str, said: str, hint: str) -> None:
    found = [problem for problem in problems(text) if problem.field == field]
    assert len(found) == 1
    assert found[0].where == where
    assert said in found[0].message
    assert hint in found[0].hint


def test_all_errors_come_at_once_in_the_order_of_the_file() -> None:
    found = problems("nme = 'x'\nevery = 'never'\n[[components]]\nkind = 'flat'\nrate = 'much'\n")
    assert [problem.field for problem in found] == ["name", "nme", "every", "components[0].rate"]


def test_error_inside_a_table_does_not_complain_that_it_is_no_text() -> None:
    found = problems("name = 'x'\nfields.a = { value = 'Region__c', typ = 'text' }")
    assert {problem.field for problem in found} == {"fields.a.type", "fields.a.typ"}


@pytest.mark.parametrize(
    "text",
    [
        "name = ['canary']",
        "name = 'x'\nevery = 'canary'",
        "name = 'x'\n[[components]]\nkind = 'canary'",
        "name = 'x'\ncanary_ = 'canary'",
    ],
)
def test_value_given_is_not_repeated(text: str) -> None:
    assert "canary" not in " ".join(f"{problem.message} {problem.hint}" for problem in problems(text))


def test_wrong_tag_is_one_problem_at_its_key() -> None:
    found = problems("name = 'x'\n[[components]]\nkind = 'flt'\n")
    assert [problem.where for problem in found] == ["p.toml:3"]
    assert found[0].message == "should be one of 'flat', 'tiered'."
    assert found[0].hint == "Did you mean 'flat'?"
