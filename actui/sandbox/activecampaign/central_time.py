"""US Central stamps, whatever the account's place (activecampaign.md §1.4).

The rule of the United States since 2007 is computed here, so that a host without a time zone
database gives the same answers.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

STANDARD = timezone(timedelta(hours=-6))
DAYLIGHT = timezone(timedelta(hours=-5))


@lru_cache(maxsize=256)
def _daylight_bounds(year: int) -> tuple[float, float]:
    """Second Sunday of March and first Sunday of November, both at two o'clock local time."""
    march = date(year, 3, 8)
    march += timedelta(days=(6 - march.weekday()) % 7)
    november = date(year, 11, 1)
    november += timedelta(days=(6 - november.weekday()) % 7)
    begins = datetime(year, 3, march.day, 2, tzinfo=STANDARD)
    ends = datetime(year, 11, november.day, 2, tzinfo=DAYLIGHT)
    return begins.timestamp(), ends.timestamp()


def central(seconds: float) -> datetime:
    """An instant as local time in US Central."""
    year = datetime.fromtimestamp(seconds, STANDARD).year
    begins, ends = _daylight_bounds(year)
    zone = DAYLIGHT if begins <= seconds < ends else STANDARD
    return datetime.fromtimestamp(int(seconds), zone)


def offset_stamp(seconds: float | None) -> str | None:
    """`cdate`, `udate` and their kind: ISO 8601 with offset, whole seconds."""
    return None if seconds is None else central(seconds).isoformat()


def local_stamp(seconds: float | None) -> str | None:
    """`*_timestamp`, and also the falsely named `*_utc_timestamp`: local time without offset."""
    return None if seconds is None else central(seconds).strftime("%Y-%m-%d %H:%M:%S")


def utc_stamp(seconds: float | None) -> str | None:
    """What `*_utc_timestamp` would be if its name were true."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def filter_instant(text: str, offset_less: str) -> float | None:
    """A date of `filters[...]` as an instant, None where it cannot be read (§3.3)."""
    text = text.strip()
    if len(text) > 6 and text[-6] == " " and text[-3] == ":":
        # A plus sign that was not percent-encoded arrives as a blank.
        text = f"{text[:-6]}+{text[-5:]}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment.timestamp()
    if offset_less == "utc":
        return moment.replace(tzinfo=UTC).timestamp()
    guess = moment.replace(tzinfo=STANDARD).timestamp()
    begins, ends = _daylight_bounds(moment.year)
    return guess - 3600 if begins <= guess - 3600 < ends else guess
