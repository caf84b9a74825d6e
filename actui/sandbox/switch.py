"""One named switch: a behaviour of a service that can be read in more than one way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """Its readings, the default first; what it is about; and where that is known from."""

    readings: tuple[str, ...]
    about: str
    source: str = ""
