"""What an export writes into a contact's fields, stated once more from the rules.

A date property holds Unix milliseconds in ASCII digits; a date field takes days of the years 1 to
9999, a date-time field ISO 8601. A field with options takes those alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIERS = ("bronze", "silver", "gold", "café")
"""The options of the field TIER; the last one in NFC."""
LARGEST_ROW = 399_000
"""Letters that surely fit into one bulk import."""

Text = Callable[[Sequence[str], tzinfo], str]


Test = Callable[[Sequence[str], tzinfo], bool]


@dataclass(frozen=True)
class Field:
    """A mapped field: the property it comes from and what the property's values become.

    `omits` tells whether one of the values is left out.
    """

    source: str
    text: Text
    omits: Test


def moment(text: str, zone: tzinfo) -> datetime | None:
    """A date property's value as people in a zone see it."""
    try:
        if re.fullmatch(r"-?[0-9]{1,18}", text):
            return (EPOCH + timedelta(milliseconds=int(text))).astimezone(zone)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            found = date.fromisoformat(text)
            return datetime(found.year, found.month, found.day, tzinfo=zone)
    except (OverflowError, ValueError):
        pass
    return None


def _moments(values: Sequence[str], zone: tzinfo) -> list[datetime]:
    found = [moment(value, zone) for value in values]
    return [one for one in found if one is not None]


def day(values: Sequence[str], zone: tzinfo) -> str:
    """The first value that is a date, as one."""
    moments = _moments(values, zone)
    return moments[0].date().isoformat() if moments else ""


def instant(values: Sequence[str], zone: tzinfo) -> str:
    """The first value that is a date, with its offset in hours and minutes."""
    moments = _moments(values, zone)
    if not moments:
        return ""
    found = moments[0]
    if (found.utcoffset() or timedelta()).seconds % 60:
        # before there was standard time: no service knows offsets with seconds
        found = found.astimezone(UTC)
    return found.replace(microsecond=0).isoformat()


def some_no_date(values: Sequence[str], zone: tzinfo) -> bool:
    """Whether a value is no date."""
    return len(_moments(values, zone)) < len(values)


def option(values: Sequence[str], _zone: tzinfo) -> str:
    """The first value that is an option of the field."""
    return next((value for value in values if value in TIERS), "")


def some_no_option(values: Sequence[str], _zone: tzinfo) -> bool:
    """Whether a value is no option, or one too many."""
    return len(values) > 1 or any(value not in TIERS for value in values)


def words(values: Sequence[str], _zone: tzinfo) -> str:
    """A text field takes everything."""
    return ", ".join(value for value in values if value)


def nothing(_values: Sequence[str], _zone: tzinfo) -> bool:
    """A text field omits nothing."""
    return False


MAPPED: Mapping[str, Field] = {
    "BIRTHDAY": Field("birthday", day, some_no_date),
    "LAST_ORDER": Field("last_order", instant, some_no_date),
    "TIER": Field("tier", option, some_no_option),
    "REMARKS": Field("city", words, nothing),
}
"""By tag."""


def fitting(texts: Mapping[str, str]) -> dict[str, str]:
    """What fits into one request: of a larger person, without the longest texts."""
    kept = dict(texts)
    while sum(len(text) for text in kept.values()) > LARGEST_ROW:
        del kept[max(kept, key=lambda name: len(kept[name]))]
    return kept
