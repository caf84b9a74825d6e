"""How many people a segment offers for export, in words."""

from __future__ import annotations


def available_words(number: int | None) -> str:
    """A sentence; None where BlueConic does not say how many."""
    if number is None:
        return "BlueConic does not say how many people are available for export."
    who = "1 person is" if number == 1 else f"{number:,} people are"
    return f"{who} available for export."
