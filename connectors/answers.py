"""What an HTTP answer has to be before anybody believes it.

A 200 with an HTML maintenance page, a body cut in half, JSON of another shape: each is an `UnreadableAnswer`, asked
again and never taken for an empty result (Airbyte and tap-salesforce have both lost rows to this).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder(float_hook=str)


class UnreadableAnswer(Exception):
    """The answer is not what the CRM sends: asking again is right, going on is not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in lower case) and whole body of one HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether the answer says it is JSON."""
        return "json" in self.headers.get("content-type", "").lower()


def read_json(answer: Answer) -> Any:
    """The JSON of an answer; numbers with a point come as `str`, exactly as written, so that money stays exact.

    Raises UnreadableAnswer for another content type, an empty body, or one that is cut or nested without end.
    """
    if not answer.is_json:
        kind = answer.headers.get("content-type", "no content type")
        raise UnreadableAnswer(f"HTTP {answer.status} with {kind} where JSON was asked for")
    length = answer.headers.get("content-length")
    encoded = answer.headers.get("content-encoding")
    if length is not None and not encoded and length.isdigit() and int(length) != len(answer.body):
        raise UnreadableAnswer(f"the body has {len(answer.body)} of {length} announced bytes")
    try:
        return _DECODER.decode(answer.body)
    except msgspec.DecodeError as error:
        raise UnreadableAnswer(f"the body is no whole JSON text: {error}") from error
    except RecursionError as error:
        raise UnreadableAnswer("the body is nested deeper than anything the CRM sends") from error
