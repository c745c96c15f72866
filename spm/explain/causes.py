"""What the causes of lines are called: at the head of a line of a statement, and behind an amount in a sentence."""

from __future__ import annotations

HEADS = {
    "credit": "Credit",
    "retroactive": "Made up",
    "gate": "Gate",
    "multiplier": "Multiplier",
    "cap": "Cap",
    "cap_held": "Cap, kept for review",
    "floor": "Floor",
    "budget": "Budget",
    "hold": "Held",
    "release": "Released",
    "clawback": "Clawed back",
    "draw": "Draw",
    "recovery": "Draw recovered",
    "adjustment": "Adjustment",
    "true_up": "True-up",
}
"""How a line of a statement begins that is no credit at a rate."""

ASIDES = {
    "credit": "credited",
    "retroactive": "made up",
    "gate": "by a gate",
    "multiplier": "by a multiplier",
    "cap": "above the cap",
    "cap_held": "above the cap, kept for review",
    "floor": "up to the floor",
    "budget": "beyond the budget",
    "hold": "held",
    "release": "released",
    "clawback": "clawed back",
    "draw": "drawn",
    "recovery": "recovered",
    "adjustment": "adjusted",
    "true_up": "trued up",
}
"""What stands behind an amount in the sentence of a deal."""
