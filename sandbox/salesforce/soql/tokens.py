"""SOQL text to words, numbers, strings, dates and signs, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.salesforce.soql.syntax import Place

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)(?!\d|T)
    |(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![A-Za-z_])
    |(?P<name>[A-Za-z][A-Za-z0-9_]*)
    |(?P<sign><=|>=|!=|<>|[=<>(),.:])""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign; `kind` is string, datetime, date, number, name, sign or end."""

    kind: str
    text: str
    place: Place

    @property
    def word(self) -> str:
        """The word in lower case where it is one, the sign otherwise."""
        return self.text.lower() if self.kind in ("name", "sign") else ""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query, an `end` token last. Raises ApiError MALFORMED_QUERY at what is none."""
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        place = Place(text, offset)
        if match is None:
            raise place.error("MALFORMED_QUERY", f"line 1:{offset} no viable alternative at character '{text[offset]}'")
        kind = match.lastgroup or ""
        if kind != "space":
            yield Token(kind, match.group(), place)
        offset = match.end()
    yield Token("end", "<EOF>", Place(text, len(text)))


def unquoted(token: Token) -> str:
    """The text of a string token. Raises ApiError MALFORMED_QUERY for an unknown escape."""
    return re.sub(r"\\(.)", lambda match: _unescaped(match.group(1), token), token.text[1:-1], flags=re.DOTALL)


def _unescaped(letter: str, token: Token) -> str:
    if letter in "%_":  # kept for LIKE, where they mean the sign itself
        return f"\\{letter}"
    if letter not in _ESCAPES:
        raise token.place.error("MALFORMED_QUERY", f"Illegal escape sequence '\\{letter}'")
    return _ESCAPES[letter]
