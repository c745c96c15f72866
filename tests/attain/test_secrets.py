"""Secrets are taken from where they are said to be, and taken out of every text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attain.secrets import Place, forms_of, from_file, resolve, scrubbed
from problems import Problem


def place(base_dir: Path) -> Place:
    return Place("config.toml:3", "connections.acme.token", base_dir)


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b"abc\r\n", "abc"),
        (b" abc ", " abc "),  # blanks belong to it
        (b"-----BEGIN\nx\n-----END\n", "-----BEGIN\nx\n-----END"),  # keys have lines
    ],
)
def test_file_is_read_without_the_line_end_after_it(tmp_path: Path, content: bytes, secret: str) -> None:
    (tmp_path / "token").write_bytes(content)
    assert resolve("file:token", place(tmp_path), {}) == secret


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "is not text"),
    ],
)
def test_file_without_a_secret_is_a_problem(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    problem = resolve("file:token", place(tmp_path), {})
    assert isinstance(problem, Problem)
    assert said in problem.message
    assert str(tmp_path / "token") in problem.message  # where it was looked for
    assert (problem.where, problem.field) == ("config.toml:3", "connections.acme.token")


def test_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "token").symlink_to("token")
    problem = from_file("token", tmp_path, where="x", field="y")
    assert isinstance(problem, Problem)
    assert "cannot be read" in problem.message


def test_home_folder_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    (tmp_path / "token").write_text("abc")
    assert resolve("file:~/token", place(Path("/")), {}) == "abc"


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        ("token abcd1 refused", ["abcd1"], "token [hidden] refused"),
        ("abcd1abcd1", ["abcd1"], "[hidden][hidden]"),
        ("abcd1234", ["abcd", "abcd1234"], "[hidden]"),  # the longer one first, or its end would show
        ("a is a word", ["a"], "a is a word"),  # too short to be a secret
        ("nothing", [], "nothing"),
        ("nothing", [""], "nothing"),
    ],
)
def test_secret_is_replaced_in_text(text: str, secrets: list[str], shown: str) -> None:
    assert scrubbed(text, secrets) == shown


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("postgresql://rep:p4ss:w%40rd@host/attain", "refused for p4ss:w%40rd"),  # the password of a URL
        ("postgresql://rep:p4ssw%40rd@host/attain", "refused for p4ssw@rd"),  # as the server says it
        ("postgresql://rep@host/attain?password=p4ssw%40rd", "refused for p4ssw@rd"),  # libpq's other place for it
        ("a b+c/d=", "grant?key=a%20b%2Bc%2Fd%3D"),  # in a URL
        ("a b+c/d=", "form: key=a+b%2Bc%2Fd%3D"),  # in a form
        ("-----BEGIN KEY-----\nMIIEvQ\nAgEAAo\n-----END KEY-----", "bad line 'AgEAAo'"),  # a line of a key
    ],
)
def test_every_form_of_a_secret_is_replaced(secret: str, text: str) -> None:
    shown = scrubbed(text, forms_of(secret))
    assert shown != text
    assert "[hidden]" in shown


def test_lines_around_a_key_are_no_secret() -> None:
    forms = forms_of("-----BEGIN KEY-----\nMIIEvQ\n-----END KEY-----")
    assert forms & {"-----BEGIN KEY-----", "MIIEvQ"} == {"MIIEvQ"}


def test_url_without_password_hides_no_ordinary_word() -> None:
    assert forms_of("postgresql://host/attain") == {
        "postgresql://host/attain",
        "postgresql%3A%2F%2Fhost%2Fattain",
    }
