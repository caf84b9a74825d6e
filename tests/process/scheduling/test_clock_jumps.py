"""A schedule on a machine whose clock is moved by hours, forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actui.model.connection import Schedule, TimesPerDay, Weekly
from actui.model.due_times import awaiting, next_start
from actui.operations.scheduling import Scheduler, find_missing_scheduler
from tests.process.scheduling.test_twenty import house_of
from tests.services.export.test_clock_jumps import JUMPS

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 10, 7, tzinfo=UTC)
NOON = Weekly(type="weekly", days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], at="12:00")
HOURLY = TimesPerDay(type="times-per-day", times=24)


def starts(schedule: Schedule, wrong: tuple[float, float], off: float) -> list[float]:
    """The starts in hours of true time, looked for every ten minutes of three days.

    The schedule is switched on at 0; the clock is `off` by so many seconds between two hours.
    """

    def clock(hour: float) -> datetime:
        is_wrong = wrong[0] <= hour < wrong[1]
        return MONDAY + hour * HOUR + timedelta(seconds=off if is_wrong else 0)

    since, started, found = clock(0), None, []
    for look in range(6 * 72):
        now = clock(look / 6)
        if awaiting(schedule, "UTC", since, started, now) is not None:
            started = now
            found.append(look / 6)
    return found


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
@pytest.mark.parametrize("wrong", [(0, 1), (0, 7), (1, 2), (1, 7), (20, 30)])
@pytest.mark.parametrize(("schedule", "every"), [(NOON, 24), (HOURLY, 1)], ids=["noon", "hourly"])
def test_a_schedule_goes_on_as_soon_as_the_clock_is_right(
    schedule: Schedule, every: float, wrong: tuple[float, float], off: float
) -> None:
    right = wrong[1]
    after = [hour for hour in starts(schedule, wrong, off) if hour >= right]
    # one is for what was missed, or is run again after the clock was put back
    assert (72 - right) // every <= len(after) <= (72 - right) // every + 2
    assert after[0] - right <= every
    assert all(later - sooner <= every + 0.5 for sooner, later in zip(after, after[1:]))  # noqa: B905, RUF007


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
def test_no_schedule_runs_more_often_while_the_clock_is_moved(off: float) -> None:
    while_wrong = [hour for hour in starts(HOURLY, (10, 30), off) if 10 <= hour < 30]
    assert 19 <= len(while_wrong) <= 22


def test_a_clock_that_is_put_back_by_seconds_repeats_nothing() -> None:
    started = datetime(2026, 3, 2, 12, 0, 3, tzinfo=UTC)
    before = started - timedelta(seconds=20)
    assert awaiting(NOON, "UTC", MONDAY, started, before) is None
    assert next_start(NOON, "UTC", MONDAY, started, started + HOUR) == datetime(
        2026, 3, 3, 12, tzinfo=UTC
    )


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
def test_a_look_in_the_future_is_no_look(tmp_path: Path, off: float) -> None:
    context = house_of(tmp_path, {"A": 24})
    stored = context.connections.find("A")
    now = stored.since
    Scheduler(context, lambda _: "started", lambda: now + timedelta(seconds=off)).look()
    assert find_missing_scheduler(context, stored, now) is not None
