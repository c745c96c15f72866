"""What commands print is what was found: no name in a CRM is markup, or steers the terminal."""

from __future__ import annotations

import json

import pytest

from attain.cli.output import Output
from problems import Problem

NAMES = [
    ("Acme \x1b]0;title\x07 \x1b[2J", r"Acme \x1b]0;title\x07 \x1b[2J"),  # a title for the window, a cleared screen
    ("Acme\r9,999.00", r"Acme\r9,999.00"),  # over the beginning of the line
    ("Acme \x9b31m", r"Acme \x9b31m"),  # the same in one character of eight bits
    ("Acme \u202e00.1", r"Acme \u202e00.1"),  # read from right to left from here
    ("Acme \ud800", r"Acme \ud800"),  # half a character, which no terminal can be sent
    ("[red]Acme[/red] [/]", "[red]Acme[/red] [/]"),  # markup
    ("Acme :smile:", "Acme :smile:"),  # the name of a picture
    ("C:\\Acme\\", "C:\\Acme\\"),
    ("Zoë می\u200cخواهم", "Zoë می\u200cخواهم"),  # a joiner is a letter of Persian words
]


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_name_is_shown_as_it_is_and_steers_nothing(name: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.say(name)
    output.heading(name)
    output.table(["deal"], [[name]])
    output.problems([Problem("record 1", "name", name, f"See {name}")])
    said = capsys.readouterr()
    assert said.out.count(shown) == 3
    assert said.err.count(shown) == 2
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e"} & {*said.out, *said.err}


@pytest.mark.parametrize("name", [name for name, _ in NAMES])
def test_json_is_one_document_that_gives_the_name_back(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(json_wanted=True)
    output.say("not shown")
    output.document({"deal": name})
    assert json.loads(capsys.readouterr().out) == {"deal": name}
