"""Which due instant waits for a run: one for all that passed, none twice."""

from datetime import UTC, datetime, timedelta

import pytest

from actui.model.connection import Manual, TimesPerDay, Weekly
from actui.model.due_times import awaiting, next_start

ON = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)  # a Monday
HOURLY = TimesPerDay(type="times-per-day", times=24)
NIGHTLY = Weekly(type="weekly", days=["mon", "tue"], at="01:30")
HOUR = timedelta(hours=1)


def waiting(schedule, started, now):
    return awaiting(schedule, "UTC", ON, started, now)


def test_times_per_day_begin_when_switched_on():
    assert waiting(HOURLY, None, ON) == ON
    assert waiting(HOURLY, ON, ON) is None
    assert next_start(HOURLY, "UTC", ON, ON, ON) == ON + HOUR


def test_a_run_from_before_the_schedule_was_changed_does_not_count():
    assert waiting(HOURLY, ON - timedelta(minutes=1), ON) == ON


@pytest.mark.parametrize("late", [0, 1, 59, 60, 240, 100_000])
def test_whatever_passed_is_one_turn(late):
    now = ON + HOUR + timedelta(minutes=late)
    assert waiting(HOURLY, ON, now) == ON + HOUR
    assert waiting(HOURLY, now, now) is None
    assert waiting(HOURLY, now, now + HOUR) is not None


def test_a_clock_time_before_it_was_switched_on_is_not_made_up_for():
    assert waiting(NIGHTLY, None, ON + HOUR) is None
    due = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
    assert waiting(NIGHTLY, None, due - timedelta(seconds=1)) is None
    assert waiting(NIGHTLY, None, due) == due
    assert waiting(NIGHTLY, None, due + 30 * HOUR) == due


def test_a_clock_that_was_ahead_does_not_stop_the_schedule():
    ahead, now = ON + timedelta(days=4_000), ON + timedelta(minutes=5)
    assert waiting(HOURLY, ahead, now) == ON
    assert waiting(HOURLY, now, now + timedelta(minutes=5)) is None
    assert next_start(HOURLY, "UTC", ON, now, now) == ON + HOUR


def test_a_schedule_switched_on_while_the_clock_was_ahead_does_not_wait_for_that_time():
    assert waiting(HOURLY, None, ON - 5 * HOUR) is not None


def test_a_manual_connection_never_waits():
    assert waiting(Manual(), None, ON + timedelta(days=400)) is None
    assert next_start(Manual(), "UTC", ON, None, ON) is None
