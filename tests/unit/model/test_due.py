"""Due times over a year, against a scan of every minute that knows nothing of schedules' code."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from actui.model.connection import Manual, Monthly, MonthlyWeekday, TimesPerDay, Weekly
from actui.model.due_times import awaiting, next_due, upcoming

ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe"]
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wanted(schedule, day):
    """Whether a local date is one of the schedule's."""
    if schedule.type == "weekly":
        return DAYS[day.weekday()] in schedule.days
    if schedule.type == "monthly":
        return day.day == schedule.day
    month = [
        n
        for n in range(1, monthrange(day.year, day.month)[1] + 1)
        if DAYS[day.replace(day=n).weekday()] == schedule.weekday
    ]
    return day.day == (month[-1] if schedule.week == "last" else month[schedule.week - 1])


@cache
def first_minutes(zone, at):
    """Each date's first minute that shows the clock time or, where it is left out, a later one."""
    found, seen, now, local = [], set(), YEAR, ZoneInfo(zone)
    while now < END:
        shown = now.astimezone(local)
        if shown.date() not in seen and shown.strftime("%H:%M") >= at:
            seen.add(shown.date())
            # the scan's first day may already be past its clock time
            if now > YEAR or shown.strftime("%H:%M") == at:
                found.append((now, shown.date()))
        now += MINUTE
    return found


def scanned(schedule, zone):
    """When it is due, by the minutes of the year."""
    return [now for now, day in first_minutes(zone, schedule.at) if wanted(schedule, day)]


KINDS = pytest.mark.parametrize(
    "schedule",
    [
        Weekly(type="weekly", days=list(DAYS), at="02:30"),
        Weekly(type="weekly", days=["sun"], at="02:00"),
        Weekly(type="weekly", days=["mon", "fri"], at="01:30"),
        Monthly(type="monthly", day=31, at="23:59"),
        Monthly(type="monthly", day=29, at="02:15"),
        MonthlyWeekday(type="monthly-weekday", week="last", weekday="sun", at="02:30"),
        MonthlyWeekday(type="monthly-weekday", week=2, weekday="sun", at="02:30"),
    ],
    ids=lambda s: f"{s.type}-{s.at}",
)


@pytest.mark.parametrize("zone", ZONES)
@KINDS
def test_a_year_equals_the_minutes_scanned(schedule, zone):
    expected = scanned(schedule, zone)
    before = YEAR - MINUTE
    assert upcoming(schedule, zone, before, before, len(expected)) == expected
    assert next_due(schedule, zone, expected[-1], before) >= END


@pytest.mark.parametrize("zone", ZONES)
@KINDS
def test_a_year_of_looks_starts_each_run_once_at_the_next_look(schedule, zone):
    since = YEAR - MINUTE
    starts, now, started = [], since, None
    while now < END:
        if awaiting(schedule, zone, since, started, now) is not None:
            started = now
            starts.append(now)
        now += timedelta(minutes=47)
    wanted_starts = []
    for due in scanned(schedule, zone):
        late = (due - since) % timedelta(minutes=47)
        wanted_starts.append(due if not late else due + timedelta(minutes=47) - late)
    assert starts == [start for start in wanted_starts if start < END]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("times", [1, 24, 480])
def test_a_year_of_times_per_day_keeps_its_distance_through_both_nights(times, zone):
    since = YEAR + timedelta(hours=1, minutes=59, seconds=7)
    schedule = TimesPerDay(type="times-per-day", times=times)
    found = upcoming(schedule, zone, since - MINUTE, since, times * 365)
    apart = timedelta(days=1) // times
    assert found == [since + number * apart for number in range(times * 365)]
    assert found[-1] == since + timedelta(days=365) - apart


def test_a_clock_time_left_out_and_one_that_comes_twice():
    nightly = Weekly(type="weekly", days=list(DAYS), at="02:30")
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert upcoming(nightly, "Europe/Amsterdam", spring, spring, 2) == [
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),  # 03:00, the end of the gap
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]
    assert upcoming(nightly, "Europe/Amsterdam", autumn, autumn, 2) == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # the first of two
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize("times", [1, 7, 480])
def test_times_per_day_start_when_switched_on_and_are_spread_evenly(times):
    since = datetime(2026, 3, 28, 22, 17, 5, tzinfo=UTC)
    schedule = TimesPerDay(type="times-per-day", times=times)
    found = upcoming(schedule, "Europe/Amsterdam", since - MINUTE, since, times + 1)
    assert found[0] == since
    assert found[-1] == since + timedelta(days=1)
    apart = [later - sooner for sooner, later in pairwise(found)]
    assert max(apart) - min(apart) <= timedelta(microseconds=1)


def test_manual_is_never_due():
    assert next_due(Manual(), "UTC", YEAR, YEAR) is None
    assert upcoming(Manual(), "UTC", YEAR, YEAR, 3) == []
