"""What storing a page did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stored:
    """Counts of records, and what they touch: `deals` by our number, `participants` who were marked for calculation."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deals: tuple[int, ...] = ()
    participants: tuple[int, ...] = ()

    def __add__(self, other: Stored) -> Stored:
        return Stored(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            tuple(sorted({*self.deals, *other.deals})),
            tuple(sorted({*self.participants, *other.participants})),
        )
