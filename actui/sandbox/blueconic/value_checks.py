"""Which values a property's type takes (blueconic.md §5, data types enforced on write)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

LARGEST_RANGE = 2_147_483_647
LONGEST_RANGE = 20
WHOLE = re.compile(r"-?[0-9]+")
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]{1,4})?")
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
LARGEST_VALUE = 65_536
LONGEST_TEXT = 65_000


def _is_range(value: str) -> bool:
    # Python refuses to count digits by the thousand, so the length goes first.
    if len(value) > LONGEST_RANGE or WHOLE.fullmatch(value) is None:
        return False
    return abs(int(value)) <= LARGEST_RANGE


CHECKS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "RANGE": (_is_range, f"expected a whole number up to {LARGEST_RANGE}"),
    "DECIMAL": (
        lambda value: DECIMAL.fullmatch(value) is not None,
        "expected a number with at most 4 decimals",
    ),
    "CURRENCY": (
        lambda value: DECIMAL.fullmatch(value) is not None,
        "expected an amount with at most 4 decimals",
    ),
    "EMAIL": (lambda value: EMAIL.fullmatch(value) is not None, "expected an email address"),
    "DATETIME": (
        lambda value: WHOLE.fullmatch(value) is not None and len(value) <= 15,
        "expected Unix milliseconds",
    ),
}


def wrong_values(kind: str, values: list[str]) -> list[str]:
    """One sentence per value that does not fit the type; text takes everything."""
    found = [
        f"value of {len(value)} characters is too long"
        for value in values
        if len(value) > LONGEST_TEXT or len(value.encode()) > LARGEST_VALUE
    ]
    if kind in CHECKS:
        fits, expected = CHECKS[kind]
        found += [f"{value!r}: {expected}" for value in values if not fits(value)]
    return found
