"""Numbers, dates and texts between the two services (sync/README.md §3; blueconic.md §3, §7).

BlueConic keeps every property as a list of strings and enforces the property's type on write.
Every rule and both directions read numbers and dates here, so that what one takes no other
refuses: digits are ASCII digits, without exponents, underscores or signs other than a minus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal

from actui.model.mapping import SUMMABLE

MOST_TEXT = 65_000
"""Characters of a text property (blueconic.md §7)."""
MOST_BYTES = 65_536
"""Bytes of any value: 64 KB by default (blueconic.md §7)."""
MOST_RANGE = 2_147_483_647
LONGEST_ADDRESS = 254
"""Characters of an e-mail address: RFC 5321 allows a path of 256, its two brackets included."""
_WHOLE = re.compile(r"-?[0-9]{1,10}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
_MILLISECONDS = re.compile(r"-?[0-9]{1,15}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    return fit(split(value), property_type, zone)


def fit(values: Iterable[str], property_type: str, zone: tzinfo = UTC) -> Converted:
    """Single values as values of a property of `property_type`, each once and in their order."""
    kept: dict[str, None] = {}
    dropped: list[str] = []
    for part in values:
        fitted = _fit(part, property_type, zone)
        if fitted is None:
            dropped.append(part)
        else:
            kept[fitted] = None
    return Converted(tuple(kept), tuple(dropped))


def _fit(value: str, property_type: str, zone: tzinfo) -> str | None:
    text = value.strip()
    if property_type == "DATETIME":
        moment = instant(text, zone)
        return None if moment is None else str(round(moment.timestamp() * 1000))
    if property_type in SUMMABLE:
        return text if number(text, property_type) is not None else None
    if property_type == "EMAIL":
        fits = len(text) <= LONGEST_ADDRESS and _EMAIL.fullmatch(text)
        return text if fits else None
    fits_text = len(value) <= MOST_TEXT and len(value.encode("utf-8", "replace")) <= MOST_BYTES
    return value if fits_text else None


def instant(text: str, zone: tzinfo) -> datetime | None:
    """A date or date-time as an instant; one without an offset is read in `zone`.

    A date alone is its midnight. Zero dates and anything else give None.
    """
    if not text.isascii():
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def is_milliseconds(text: str) -> bool:
    """Whether a text has the form of an instant in a date-time property (blueconic.md §3)."""
    return _MILLISECONDS.fullmatch(text) is not None


def stored_instant(text: str, zone: tzinfo) -> datetime | None:
    """What a date-time property holds, in `zone`; None for anything but Unix milliseconds.

    None also for an instant that has no date there, before the year 1 or after 9999.
    """
    if not is_milliseconds(text):
        return None
    try:
        return (_EPOCH + timedelta(milliseconds=int(text))).astimezone(zone)
    except OverflowError:
        return None


def iso(moment: datetime) -> str:
    """A date-time as ActiveCampaign takes it: ISO 8601 with whole seconds and an offset.

    Before standard time a place's offset has seconds, which ISO 8601 does not know: such an
    instant is written in UTC.
    """
    offset = moment.utcoffset() or timedelta()
    seconds = offset % timedelta(minutes=1)
    if seconds:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:  # the first day of the year 1 began before any year in UTC
            moment = moment.replace(tzinfo=timezone(offset - seconds))
    return moment.isoformat(timespec="seconds")


def number(text: str, property_type: str = "DECIMAL") -> Decimal | None:
    """The number that a property of `property_type` takes, for every rule alike; None for others.

    RANGE: whole, up to 2,147,483,647; DECIMAL and CURRENCY: at most four decimals
    (blueconic.md §3).
    """
    text = text.strip()
    if property_type == "RANGE":
        fits = _WHOLE.fullmatch(text) is not None and abs(int(text)) <= MOST_RANGE
    else:
        fits = _DECIMAL.fullmatch(text) is not None
    return Decimal(text) if fits else None


def plain(value: Decimal) -> str:
    """A number as BlueConic takes it: no exponent, no trailing zeros."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text
