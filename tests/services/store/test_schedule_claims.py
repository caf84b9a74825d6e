"""Turns of a schedule, and since when a schedule has been as it is."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from actui.model.connection import Connection, TimesPerDay
from store.connections import Connections
from store.home import Home
from store.schedule_claims import ScheduleClaims

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    return Home.open({"ACTUI_HOME": str(tmp_path)})


def test_a_turn_is_taken_once_however_many_want_it(home):
    at_once, starts, answers = Barrier(6), [], []

    def want():
        at_once.wait()
        answers.append(
            ScheduleClaims(home).claim("c-1", None, NOW, lambda: starts.append(1) or "yes")
        )

    threads = [Thread(target=want) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(starts) == 1
    assert sorted(map(str, answers)) == ["None"] * 5 + ["yes"]
    assert ScheduleClaims(home).started() == {"c-1": NOW}


def test_a_start_that_fails_leaves_the_turn(home):
    def fail():
        raise OSError("no process")

    with pytest.raises(OSError, match="no process"):
        ScheduleClaims(home).claim("c-1", None, NOW, fail)
    assert ScheduleClaims(home).started() == {}
    assert ScheduleClaims(home).claim("c-1", None, NOW, lambda: "yes") == "yes"


def test_a_turn_that_came_to_nothing_is_given_back(home):
    later, schedule_claims = NOW + timedelta(hours=1), ScheduleClaims(home)
    schedule_claims.claim("c-1", None, NOW, lambda: "first")
    schedule_claims.claim("c-1", NOW, later, lambda: "second")
    schedule_claims.release("c-1")
    assert schedule_claims.started() == {"c-1": NOW}
    assert schedule_claims.claim("c-1", NOW, later, lambda: "again") == "again"
    schedule_claims.forget("c-1")
    assert schedule_claims.started() == {}


def test_who_looked_last_is_known(home):
    assert ScheduleClaims(home).heartbeat() is None
    ScheduleClaims(home).record_heartbeat(NOW)
    assert ScheduleClaims(home).heartbeat() == NOW


def test_only_the_switch_and_the_schedule_start_a_schedule_anew(home):
    kept = Connections(home)
    connection = kept.save(Connection(name="N")).connection

    def since(**change):
        nonlocal connection
        connection = connection.model_copy(update=change)
        return kept.save(connection).since

    first = kept.find("N").since
    assert since(description="other", favorite=True) == first
    on = since(enabled=True)
    assert on > first
    assert since(labels=["x"]) == on == kept.find("N").since
    hourly = since(schedule=TimesPerDay(type="times-per-day", times=24))
    assert hourly > on
    assert since(schedule=TimesPerDay(type="times-per-day", times=24)) == hourly
    assert since(timezone="Europe/Oslo") > hourly
