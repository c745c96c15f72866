"""One thing that is wrong with a plan, at a path of keys, so that the reader can say file and line."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong and what to write instead. A `guess` goes by how a number looks: it does not hold for one that is
    written in per cent, such as `"150 %"`, which is meant as it stands."""

    path: Path
    message: str
    hint: str
    guess: bool = False
