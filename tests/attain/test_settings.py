"""Settings come from file and environment, later places win, and everything wrong is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from attain.settings import Loaded, load_settings
from problems import Problem


class Limits(BaseModel):
    model_config = ConfigDict(extra="forbid")

    per_second: int = 4


class CrmSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str
    token: SecretStr
    auth: Literal["token", "jwt"] = "token"
    page_size: int = 100
    share: float = 0.5
    rate: Decimal = Decimal(1)
    archived: bool = False
    scopes: list[str] = []
    limits: Limits = Limits()
    key: SecretStr | None = Field(default=None, validate_default=True)

    @field_validator("token")
    @classmethod
    def _says_too_much(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value().startswith("bad"):
            raise ValueError(f"{token.get_secret_value()} is no token")
        return token


class Crm:
    kind = "crm"
    settings: type[BaseModel] = CrmSettings

    def open(self, name: str, settings: BaseModel) -> Any:
        raise AssertionError("settings are read without opening a connection")


PLUGINS = {"crm": Crm()}
GOOD = """
[connections.acme]
connector = "crm"
url = "https://acme.example"
token = "t0ken"
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def _load(text: str, environ: Mapping[str, str] | None = None, **others: Any) -> Loaded:
        (tmp_path / "config.toml").write_text(text)
        return load_settings(None, environ or {}, PLUGINS, **others)

    return _load


def options(loaded: Loaded, name: str = "acme") -> Any:
    assert loaded.problems == []
    assert loaded.settings is not None
    return loaded.settings.connections[name].options


def only(loaded: Loaded) -> Problem:
    assert len(loaded.problems) == 1, loaded.problems
    return loaded.problems[0]


# where settings come from


def test_file_alone_gives_everything(load: Any, tmp_path: Path) -> None:
    loaded = load(GOOD)
    assert options(loaded).token.get_secret_value() == "t0ken"
    assert loaded.settings.base_dir == tmp_path
    assert loaded.settings.data_dir == tmp_path / "var/attain"
    assert loaded.settings.company.currency == "USD"


def test_file_asked_for_goes_before_the_one_of_the_variable(load: Any, tmp_path: Path) -> None:
    load(GOOD)
    for name, currency in (("asked.toml", "EUR"), ("named.toml", "GBP")):
        (tmp_path / name).write_text(f'[company]\ncurrency = "{currency}"\n{GOOD}')
    environ = {"ATTAIN_CONFIG": str(tmp_path / "named.toml")}
    asked = load_settings(tmp_path / "asked.toml", environ, PLUGINS)
    named = load_settings(None, environ, PLUGINS)
    assert [one.settings.company.currency for one in (asked, named) if one.settings] == ["EUR", "GBP"]


@pytest.mark.parametrize("environ", [{}, {"ATTAIN_CONFIG": "none.toml"}])
def test_file_that_was_asked_for_must_be_there(environ: Mapping[str, str], tmp_path: Path) -> None:
    path = None if environ else tmp_path / "none.toml"
    loaded = load_settings(path, environ, PLUGINS)
    assert loaded.settings is None
    assert "no such file" in only(loaded).message


def test_without_any_file_the_places_looked_in_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    problem = only(load_settings(None, {}, PLUGINS))
    assert problem.severity == "warning"
    for place in ("--config", "ATTAIN_CONFIG", str(tmp_path / "config.toml")):
        assert place in problem.message


def test_connection_can_come_from_the_environment_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    start = "ATTAIN__CONNECTIONS__ACME__"
    environ = {f"{start}CONNECTOR": "crm", f"{start}URL": "https://x.example", f"{start}TOKEN": "t0ken"}
    assert options(load_settings(None, environ, PLUGINS)).url == "https://x.example"


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("ATTAIN__CONNECTIONS__ACME__URL", "https://other.example", "url", "https://other.example"),
        ("attain__connections__acme__url", "https://other.example", "url", "https://other.example"),  # in any case
        ("ATTAIN__CONNECTIONS__ACME__URL", "0123", "url", "0123"),  # text stays text
        ("ATTAIN__CONNECTIONS__ACME__PAGE_SIZE", "50", "page_size", 50),
        ("ATTAIN__CONNECTIONS__ACME__SHARE", "0.25", "share", 0.25),
        ("ATTAIN__CONNECTIONS__ACME__RATE", "0.1", "rate", Decimal("0.1")),  # exact
        ("ATTAIN__CONNECTIONS__ACME__ARCHIVED", "true", "archived", True),
        ("ATTAIN__CONNECTIONS__ACME__SCOPES", '["a", "b"]', "scopes", ["a", "b"]),
        ("ATTAIN__CONNECTIONS__ACME__LIMITS__PER_SECOND", "9", "limits", Limits(per_second=9)),  # a table inside
    ],
)
def test_environment_wins_over_the_file(load: Any, variable: str, text: str, key: str, value: Any) -> None:
    assert getattr(options(load(GOOD, {variable: text})), key) == value


def test_hyphen_of_a_connection_is_an_underscore_in_its_variables(load: Any) -> None:
    loaded = load(GOOD.replace("acme]", "acme-eu]"), {"ATTAIN__CONNECTIONS__ACME_EU__PAGE_SIZE": "7"})
    assert options(loaded, "acme-eu").page_size == 7


def test_secret_file_wins_over_variable_and_file(load: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    variable = "ATTAIN__CONNECTIONS__ACME__TOKEN"
    loaded = load(GOOD, {f"{variable}_FILE": "token", variable: "from-variable"})
    assert options(loaded).token.get_secret_value() == "from-file"


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("env:CRM_TOKEN", "from-env"),
        ("file:token", "from-file"),  # relative to the configuration file
        ("t0ken", "t0ken"),  # as it is
        ("other:thing", "other:thing"),  # a point in a secret means nothing
    ],
)
def test_secret_in_the_file_is_taken_from_where_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, secret: str
) -> None:
    (tmp_path / "etc").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc/token").write_text("from-file\r\n")
    (tmp_path / "etc/config.toml").write_text(GOOD.replace("t0ken", written))
    loaded = load_settings(tmp_path / "etc/config.toml", {"CRM_TOKEN": "from-env"}, PLUGINS)
    assert options(loaded).token.get_secret_value() == secret


def test_number_with_a_point_in_the_file_is_read(load: Any) -> None:
    assert options(load(GOOD + "share = 0.25\nrate = 0.1")).rate == Decimal("0.1")


# what is wrong


@pytest.mark.parametrize(
    ("text", "environ", "where", "field", "said", "hint"),
    [
        ("compny = 1" + GOOD, {}, "config.toml:1", "compny", "no such key", "'company'"),
        (GOOD + "[company]\ncurrency = 'usd'", {}, "config.toml:7", "company.currency", "pattern", "Correct"),
        (GOOD + "[log]\nlevel = 'inf'", {}, "config.toml:7", "log.level", "'debug', 'info'", "'info'"),
        (GOOD + "pagesize = 3", {}, "config.toml:6", "connections.acme.pagesize", "no such key", "'page_size'"),
        (GOOD + "enabld = true", {}, "config.toml:6", "connections.acme.enabld", "no such key", "'enabled'"),
        (GOOD + "limits.per_secnd = 1", {}, "config.toml:6", "connections.acme.limits.per_secnd", "no", "per_second"),
        (GOOD + "page_size = 'many'", {}, "config.toml:6", "connections.acme.page_size", "valid integer", "Correct"),
        (GOOD + "time_zone = 'Europe/Berln'", {}, "config.toml:6", "connections.acme.time_zone", "zone", "Correct"),
        (GOOD + "mapping = 'no.toml'", {}, "config.toml:6", "connections.acme.mapping", "no file", "Correct the path"),
        (GOOD.replace("crm", "crmm"), {}, "config.toml:3", "connections.acme.connector", "no such", "'crm'"),
        (GOOD.replace('connector = "crm"', ""), {}, "config.toml:2", "connections.acme.connector", "missing", "Set it"),
        (GOOD.replace("acme", "Acme"), {}, "config.toml:2", "connections.Acme", "no name", "small letters"),
        (GOOD.replace("acme", "a__b"), {}, "config.toml:2", "connections.a__b", "no name", "single"),
        ("connections = 3", {}, "config.toml:1", "connections", "dictionary", "Correct"),
        ("connections.acme = 3", {}, "config.toml:1", "connections.acme", "dictionary", "Correct"),
        ("plans = 3" + GOOD, {"ATTAIN__PLANS__FILES": "[]"}, "config.toml:1", "plans", "dictionary", "Correct"),
        (GOOD + "[plans]\nquotas = ['no.csv']", {}, "config.toml:7", "plans.quotas", "no file", "Correct the path"),
        ("database_url = 'mysql://x'" + GOOD, {}, "config.toml:1", "database_url", "postgresql://", "Correct"),
        (GOOD, {"ATTAIN__COMPNY__CURRENCY": "EUR"}, "ATTAIN__COMPNY__CURRENCY", "", "no such", "ATTAIN__COMPANY__CUR"),
        (GOOD, {"ATTAIN__CONNECTIONS__ACNE__TOKEN": "x"}, "ACNE", "", "no such", "ATTAIN__CONNECTIONS__ACME__TOKEN"),
        (GOOD, {"ATTAIN__LOG__LEVEL_FILE": "x"}, "LEVEL_FILE", "", "no such", "ATTAIN__LOG__LEVEL"),  # no secret
        (GOOD, {"ATTAIN__XYZ": "x"}, "ATTAIN__XYZ", "", "no such setting", "docs/configuration.md"),
        (GOOD, {"ATTAIN__PLANS__QUOTAS": "a.csv"}, "ATTAIN__PLANS__QUOTAS", "", "a list", "brackets"),
        (GOOD, {"ATTAIN__PLANS__QUOTAS": "3"}, "ATTAIN__PLANS__QUOTAS", "", "a list", "brackets"),
        (
            GOOD,
            {"ATTAIN__COMPANY__FISCAL_YEAR_START_MONTH": "13"},
            "environment variable ATTAIN__COMPANY__FISCAL_YEAR_START_MONTH",
            "company.fiscal_year_start_month",
            "less than or equal to 12",
            "Correct",
        ),
        (
            GOOD,
            {"ATTAIN__CONNECTIONS__ACME__TOKEN_FILE": "/no/such"},
            "TOKEN_FILE",
            "",
            "there is no file /no/such",
            "Create it",
        ),
        (
            GOOD.replace("t0ken", "env:CRM_TOKEN"),
            {},
            "config.toml:5",
            "connections.acme.token",
            "CRM_TOKEN is not set",
            "Set CRM_TOKEN",
        ),
        (
            GOOD.replace("t0ken", "env:CRM_TOKEN"),
            {"CRM_TOKEN": ""},
            "config.toml:5",
            "connections.acme.token",
            "CRM_TOKEN is empty",
            "Set CRM_TOKEN",
        ),
    ],
)
def test_wrong_setting_is_one_problem_with_its_place(
    load: Any, text: str, environ: Mapping[str, str], where: str, field: str, said: str, hint: str
) -> None:
    loaded = load(text, environ)
    assert loaded.settings is None
    found = [problem for problem in loaded.problems if problem.severity == "error"]
    assert len(found) == 1, found
    assert where in found[0].where
    assert found[0].field == field
    assert said in found[0].message
    assert hint in found[0].hint


def test_all_problems_come_at_once(load: Any) -> None:
    text = "colour = 1\n[company]\ncurrency = 'x'\n[connections.a]\nconnector='crm'\n[connections.b]\nconnector='no'"
    loaded = load(text, {"ATTAIN__WHAT": "x"})
    assert {problem.field for problem in loaded.problems} == {
        "",
        "colour",
        "company.currency",
        "connections.a.url",
        "connections.a.token",
        "connections.b.connector",
    }


def test_missing_secret_lists_every_place_looked_in(load: Any) -> None:
    hint = only(load(GOOD.replace('token = "t0ken"', ""))).hint
    variable = "ATTAIN__CONNECTIONS__ACME__TOKEN"
    assert hint == f"Set it in one of the places looked in: config.toml, {variable}, {variable}_FILE."


def test_two_connections_with_the_same_variables_are_refused(load: Any) -> None:
    loaded = load(GOOD.replace("acme", "a-b") + GOOD.replace("acme", "a_b"))
    assert "differs" in only(loaded).message


def test_broken_connector_leaves_its_connection_out_and_no_other(load: Any) -> None:
    broken = {"other": Problem("connector other", "", "it cannot be imported.", "Install it again.")}
    loaded = load(GOOD + GOOD.replace("acme", "beta").replace('"crm"', '"other"'), broken=broken)
    assert loaded.settings is not None
    assert set(loaded.settings.connections) == {"acme"}
    assert only(loaded).severity == "warning"
    assert "it cannot be imported." in only(loaded).message


def test_what_is_wrong_with_a_disabled_connection_is_a_warning(load: Any) -> None:
    text = GOOD + GOOD.replace("acme", "beta").replace("t0ken", "env:NONE") + "enabled = false"
    loaded = load(text)
    assert loaded.settings is not None
    assert set(loaded.settings.connections) == {"acme"}
    assert only(loaded).severity == "warning"


def test_variables_of_a_connection_with_unknown_connector_are_not_doubted(load: Any) -> None:
    loaded = load("[connections.acme]\nconnector = 'no'", {"ATTAIN__CONNECTIONS__ACME__TOKEN": "x"})
    assert [problem.field for problem in loaded.problems] == ["connections.acme.connector"]


def test_file_that_is_no_toml_is_one_problem_with_its_line(load: Any) -> None:
    loaded = load("a = 1\nb =")
    assert loaded.settings is None
    assert only(loaded).where == "config.toml:2"


# paths


def test_patterns_are_followed_from_the_configuration_file(load: Any, tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    for name in ("b.toml", "a.toml", "note.txt"):
        (tmp_path / "plans" / name).touch()
    settings = load(GOOD).settings
    assert settings.files(settings.plans.files) == [tmp_path / "plans/a.toml", tmp_path / "plans/b.toml"]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ("a.csv", ["a.csv"]),  # a single path
        ("", []),  # not set
        (["*.csv", "a.csv"], ["a.csv", "b.csv"]),  # each once
        (["**/c.csv"], ["deep/down/c.csv"]),
        (["none.csv"], []),
        (["deep"], []),  # a folder is no file
    ],
)
def test_patterns_mean_these_files(load: Any, tmp_path: Path, patterns: Any, found: list[str]) -> None:
    (tmp_path / "deep/down").mkdir(parents=True)
    for name in ("a.csv", "b.csv", "deep/down/c.csv"):
        (tmp_path / name).touch()
    assert load(GOOD).settings.files(patterns) == [tmp_path / name for name in found]


@pytest.mark.parametrize(
    "pattern",
    [
        "**a.csv",  # stars that are no whole part
        "/",  # a folder
        ".",
        "~nobody-of-that-name/a.csv",
        "a\0.csv",
        "[a.csv",
        "a" * 5000,  # longer than a file's name can be
    ],
)
def test_pattern_that_can_mean_no_file_means_none(load: Any, tmp_path: Path, pattern: str) -> None:
    (tmp_path / "b.csv").touch()
    assert load(GOOD).settings.files(pattern) == []


def test_folder_of_the_configuration_may_have_the_marks_of_a_pattern_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "pay [2026] *"
    folder.mkdir()
    (folder / "config.toml").write_text(GOOD)
    (folder / "a.csv").touch()
    settings = load_settings(folder / "config.toml", {}, PLUGINS).settings
    assert settings is not None
    assert settings.files("*.csv") == [folder / "a.csv"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "mapping = '~nobody-of-that-name/m.toml'", "there is no file"),
        (GOOD + 'mapping = "m\\u0000.toml"', "there is no file"),
        (GOOD + f"mapping = '{'m' * 5000}'", "there is no file"),  # longer than a file's name can be
        (GOOD.replace("t0ken", "file:~nobody-of-that-name/token"), "there is no file"),
        (GOOD.replace("t0ken", r"file:\u0000"), "is no path"),
        (r'data_dir = "\u0000"' + GOOD, "no path of a folder"),
    ],
)
def test_path_that_cannot_be_is_a_problem(load: Any, text: str, said: str) -> None:
    assert said in only(load(text)).message


def test_absolute_pattern_is_followed(load: Any, tmp_path: Path) -> None:
    (tmp_path / "x.csv").touch()
    assert load(GOOD).settings.files([str(tmp_path / "*.csv")]) == [tmp_path / "x.csv"]


# secrets stay secret

CANARY = "bad-canary-51c0ffee"


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        (GOOD, {}),  # a good file, looked at through repr
        (GOOD + "page_size = 'x'", {}),  # fails elsewhere
        (GOOD.replace("token =", "tokn ="), {}),  # under a key that is none
        (GOOD.replace("t0ken", CANARY), {}),  # the connector's own check repeats it
        (GOOD, {"ATTAIN__CONNECTIONS__ACME__TOKEN": CANARY}),
        (GOOD.replace("t0ken", "env:CRM_TOKEN"), {"CRM_TOKEN": CANARY}),
        (GOOD + f"auth = '{CANARY}'", {}),  # in the wrong place
        (GOOD + f"page_size = '{CANARY}'", {}),
        (GOOD.replace('"t0ken"', f"['{CANARY}']"), {}),  # of the wrong type
        (GOOD.replace('"t0ken"', f"'{CANARY}"), {}),  # not closed: the file is no TOML
        (f"database_url = 'http://u:{CANARY}@h/d'" + GOOD, {}),
        (GOOD, {"ATTAIN__CONNECTIONS__ACNE__TOKEN": CANARY}),  # a variable that is none
        (GOOD, {"ATTAIN__PLANS__QUOTAS": CANARY}),
    ],
)
def test_secret_shows_nowhere(load: Any, text: str, environ: Mapping[str, str]) -> None:
    loaded = load(text.replace("t0ken", f"good-{CANARY}"), environ)
    shown = [repr(loaded), str(loaded.settings), *(str(problem) for problem in loaded.problems)]
    shown += [str(problem.as_dict()) for problem in loaded.problems]
    assert CANARY not in " ".join(shown)


def test_connectors_own_words_are_kept_without_the_secret(load: Any) -> None:
    assert only(load(GOOD.replace("t0ken", CANARY))).message == "[hidden] is no token."


def test_settings_know_what_must_not_be_shown(load: Any) -> None:
    assert load(GOOD).settings.secrets == {"t0ken"}
