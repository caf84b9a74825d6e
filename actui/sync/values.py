"""Values on their way into a BlueConic property (design §6; blueconic.md §3, §7).

BlueConic keeps every property as a list of strings and enforces the property's type on write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation

MOST_TEXT = 65_000
MOST_RANGE = 2_147_483_647
_WHOLE = re.compile(r"-?\d{1,10}\Z")
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,4})?\Z")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
SUMMABLE = frozenset({"RANGE", "DECIMAL", "CURRENCY"})


@dataclass(frozen=True, slots=True)
class Converted:
    """The values that fit the property, and those that do not, in the source's own form."""

    values: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def split(value: str) -> tuple[str, ...]:
    """The single values of a field: `||a||b||` holds several (activecampaign.md §4.2)."""
    if value.startswith("||") and value.endswith("||"):
        return tuple(part for part in value.split("||") if part)
    return (value,) if value else ()


def convert(value: str, property_type: str, zone: tzinfo = UTC) -> Converted:
    """A field's value as values of a property of `property_type` (SELECT EMAIL RANGE …)."""
    kept: list[str] = []
    dropped: list[str] = []
    for part in split(value):
        fitted = _fit(part, property_type, zone)
        if fitted is None:
            dropped.append(part)
        elif fitted not in kept:
            kept.append(fitted)
    return Converted(tuple(kept), tuple(dropped))


def _fit(value: str, property_type: str, zone: tzinfo) -> str | None:
    text = value.strip()
    if property_type == "DATETIME":
        moment = instant(text, zone)
        return None if moment is None else str(round(moment.timestamp() * 1000))
    if property_type == "RANGE":
        return text if _WHOLE.match(text) and abs(int(text)) <= MOST_RANGE else None
    if property_type in ("DECIMAL", "CURRENCY"):
        return text if _DECIMAL.match(text) else None
    if property_type == "EMAIL":
        return text if _EMAIL.match(text) else None
    return value if len(value) <= MOST_TEXT else None


def instant(text: str, zone: tzinfo) -> datetime | None:
    """A date or date-time as an instant; one without an offset is read in `zone`.

    A date alone is its midnight. Zero dates and anything else give None.
    """
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def number(text: str) -> Decimal | None:
    """A number that a Sum can add, or None."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def plain(value: Decimal) -> str:
    """A number as BlueConic takes it: no exponent, no trailing zeros."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text
