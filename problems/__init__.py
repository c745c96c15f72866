"""What is wrong with somebody's data or settings, as a value.

A problem is not an exception: it names the place, says what is wrong and what to do next, and many are shown
at once. Every package may use this one; it uses none of them (docs/adr/0003).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `where` is a file and line (`plans/ae.toml:12`), a record (`acme Opportunity 006...`) or a setting
    (`connections.acme.token`); `field` the field or key inside it, or empty; `hint` the next step, phrased as
    something to do. An `error` kept something out (a record, a run); a `warning` did not.
    """

    where: str
    field: str
    message: str
    hint: str
    severity: Severity = "error"

    def as_dict(self) -> dict[str, str]:
        """The problem for `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        place = f"{self.where} ({self.field})" if self.field else self.where
        return f"{place}: {self.message} {self.hint}".rstrip()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None where nothing is near."""
    candidates = list(known)
    lowered = {name.lower(): name for name in candidates}
    found = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A hint that names the nearest known word, or `otherwise` where none is near."""
    match = nearest(word, [name for name in known if name != word])
    return f"Did you mean {match!r}?" if match else otherwise
