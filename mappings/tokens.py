"""The words of an expression. Whatever is not one of these few forms is refused before anything else is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

_LONGEST = 4000
_STEPS = 250  # operators and branches; Polars overflows its stack somewhere above a thousand
_QUOTED_NAME = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_.-]*", re.ASCII)
_FORMS = re.compile(
    r"""\s+
    | (?P<number> \d+(?:\.\d+)?(?:[eE][+-]?\d+)? | \.\d+ )
    | (?P<text> '(?:[^']|'')*' )
    | (?P<quoted> "[^"]*" )
    | (?P<word> \$?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)* )
    | (?P<sign> <= | >= | <> | != | \|\| | [-+*/%=<>(),] )
    """,
    re.ASCII | re.VERBOSE,
)
_NOT_THESE = {
    "--": "Comments belong into the file: # after the value.",
    "/*": "Comments belong into the file: # after the value.",
    "==": "Equality is written with one =.",
    ";": "A field is one expression.",
    "::": "Write cast(... as ...).",
    "//": "Write floor(a / b).",
}


class ExpressionError(ValueError):
    """The expression cannot be used; `message` says why, `hint` what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message = message
        self.hint = hint


class Form(Enum):
    """What a token is."""

    NUMBER = auto()
    TEXT = auto()
    NAME = auto()  # a field, quoted or with dots: never a word of the language
    WORD = auto()  # a field, a function or a word of the language
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `text` is the name without quotes, the string with them, the sign or number as written."""

    form: Form
    text: str

    @property
    def lower(self) -> str:
        """For words of the language, which may be written in any case."""
        return self.text.lower() if self.form is Form.WORD else self.text


def tokens_of(text: str) -> list[Token]:
    """The words of `text`, closed by one of form END. Raises ExpressionError at the first that is none."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"the expression is longer than {_LONGEST} characters.", "Shorten it.")
    found, place = [], 0
    while place < len(text):
        match = _FORMS.match(text, place)
        if match is None or text[place : place + 2] in _NOT_THESE:
            raise _unreadable(text, place)
        if match.lastgroup:
            found.append(_token(match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return [*found, Token(Form.END, "the end")]


def _token(group: str, text: str) -> Token:
    if group == "quoted":
        return Token(Form.NAME, _unquoted(text[1:-1]))
    if group == "word":
        return Token(Form.NAME if "." in text else Form.WORD, text)
    return Token({"number": Form.NUMBER, "text": Form.TEXT, "sign": Form.SIGN}[group], text)


def _unquoted(name: str) -> str:
    if not _QUOTED_NAME.fullmatch(name):  # Polars reads "*" and "^...$" as many columns
        raise ExpressionError(f'"{name}" is no field name.', "Text stands in single quotes, a field name in double.")
    return name


def _unreadable(text: str, place: int) -> ExpressionError:
    pair = text[place : place + 2]
    hint = _NOT_THESE.get(pair) or _NOT_THESE.get(pair[:1])
    if text[place] in "'\"":
        return ExpressionError(f"the quote at character {place + 1} is not closed.", "Close it.")
    shown = pair if pair in _NOT_THESE else text[place]
    return ExpressionError(f"{shown!r} at character {place + 1} has no place here.", hint or "Leave it out.")


class Words:
    """The words of an expression, read once from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._steps = 0

    @property
    def ahead(self) -> Token:
        """The next word; the one of form END when all are read."""
        return self._tokens[self._at]

    @property
    def then(self) -> Token:
        """The word after the next one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def opens(self) -> bool:
        """Whether the word after the next one is an opening bracket."""
        return self.then == Token(Form.SIGN, "(")

    def take(self) -> Token:
        """The next word, which is read by that."""
        token = self.ahead
        self._at += token.form is not Form.END
        return token

    def accept(self, *words: str) -> str | None:
        """Take the next word where it is one of these, in any case."""
        token = self.ahead
        if token.form not in (Form.WORD, Form.SIGN) or token.lower not in words:
            return None
        self._at += 1
        self._steps += token.text not in ("(", ")", ",")
        if self._steps > _STEPS:
            raise ExpressionError(f"the expression has more than {_STEPS} steps.", "Split it, or shorten it.")
        return token.lower

    def expect(self, word: str) -> None:
        """Take the next word, which has to be this one."""
        if not self.accept(word):
            raise ExpressionError(f"{word!r} is missing before {self.ahead.text!r}.", f"Write {word} there.")
