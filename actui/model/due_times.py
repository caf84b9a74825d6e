"""When a schedule is due: instants in UTC out of clock times in a connection's time zone.

The kinds are those of BlueConic's scheduling page (blueconic.md §2). Pure: the caller says what
time it is and since when the schedule has been on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import assert_never

from actui.model.connection import (
    Manual,
    Monthly,
    MonthlyWeekday,
    Schedule,
    TimesPerDay,
    Weekly,
)
from actui.model.timezones import time_zone

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_WEEK = 7
_MICROSECOND = timedelta(microseconds=1)
_STEP = timedelta(minutes=2)
"""By how much a clock that is kept right may be put back."""
_LATELY = timedelta(hours=1)
"""Longer than between any two looks at what is due."""
_LOOK_AHEAD = 2 * 366  # days: no kind leaves a longer gap


def next_due(schedule: Schedule, zone: str, after: datetime, since: datetime) -> datetime | None:
    """The first instant after `after` at which the schedule is due, in UTC; None when manual.

    `since` is when the schedule was switched on or last changed: a number of times per day is
    spread evenly from there, its first run at that very instant. A clock time that daylight
    saving leaves out is due at the next valid one, one that comes twice is due the first time.
    Raises ConfigError where a clock time is meant and the machine does not know the zone.
    """
    if isinstance(schedule, Manual):
        return None
    if isinstance(schedule, TimesPerDay):
        if after < since:
            return since.astimezone(UTC)
        return _spread(schedule.times, after, since)
    local = time_zone(zone)
    clock = time.fromisoformat(schedule.at)
    for day in _days(schedule, after.astimezone(local).date() - _DAY):
        due = _instant(datetime.combine(day, clock), local)
        if due > after and due >= since:
            return due
    return None


def _spread(times: int, after: datetime, since: datetime) -> datetime:
    """Counted from `since`, so that rounding to a microsecond does not add up."""
    number = (after - since) * times // _DAY
    while (due := since + _DAY * number / times) <= after:
        number += 1
    return due.astimezone(UTC)


def upcoming(
    schedule: Schedule, zone: str, after: datetime, since: datetime, count: int
) -> list[datetime]:
    """The next `count` due instants after `after`, in UTC."""
    found: list[datetime] = []
    while len(found) < count and (due := next_due(schedule, zone, after, since)) is not None:
        found.append(due)
        after = due
    return found


def _days(schedule: Weekly | Monthly | MonthlyWeekday, first: date) -> Iterator[date]:
    for number in range(_LOOK_AHEAD):
        day = first + number * _DAY
        if _falls_on(schedule, day):
            yield day


def _falls_on(schedule: Weekly | Monthly | MonthlyWeekday, day: date) -> bool:
    weekday = _DAYS[day.weekday()]
    if isinstance(schedule, Weekly):
        return weekday in schedule.days
    if isinstance(schedule, Monthly):
        return day.day == schedule.day
    if isinstance(schedule, MonthlyWeekday):
        if weekday != schedule.weekday:
            return False
        if schedule.week == "last":
            return (day + _WEEK * _DAY).month != day.month
        return (day.day - 1) // _WEEK + 1 == schedule.week
    assert_never(schedule)


def _instant(wanted: datetime, zone: tzinfo) -> datetime:
    """The instant of a clock time; inside a gap, the gap's end."""
    early = wanted.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == wanted:
        return early
    low = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = early
    before = low.astimezone(zone).utcoffset()
    second = timedelta(seconds=1)
    while high - low > second:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def awaiting(
    schedule: Schedule, zone: str, since: datetime, started: datetime | None, now: datetime
) -> datetime | None:
    """The due instant that has passed and for which no run was started; None when there is none.

    `started` is when the schedule last started a run. However many instants have passed since
    then, because the machine slept or a run took long, they are one: the first of them is given.
    """
    due = next_start(schedule, zone, since, started, now)
    return due if due is not None and due <= now else None


def next_start(
    schedule: Schedule, zone: str, since: datetime, started: datetime | None, now: datetime
) -> datetime | None:
    """When the schedule starts its next run: an instant not after `now` means at once.

    A clock that was ahead and has been put right keeps no schedule still until that time: what was
    stamped in the future counts as stamped a little while ago.
    """
    since, after = _anchors(since, started, now)
    return next_due(schedule, zone, after, since)


def _anchors(since: datetime, started: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """The `since` and `after` of `next_due`, both as a clock that was never ahead had left them."""
    latest = now + _STEP
    known = started if started is not None and started <= latest else None
    if since > latest:
        since = known or now - _LATELY
    elif started is not None and known is None:
        return since, max(since - _MICROSECOND, now - _LATELY)
    if known is None or known < since:
        return since, since - _MICROSECOND
    return since, min(known, now)
