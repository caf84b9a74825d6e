"""Twenty connections for ten minutes of a clock that is moved by hand."""

from __future__ import annotations

import errno
import gc
import os
import signal
import tracemalloc
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from actui.cli import main
from actui.commands import schedule as scheduling
from actui.context.context import AppContext
from actui.model.connection import Connection, TimesPerDay
from actui.model.errors import ConfigError
from actui.operations.scheduling import DueResult, Scheduler, find_missing_scheduler, next_due_run
from store.connections import Stored

STEP = timedelta(seconds=5)
DAY = timedelta(days=1)
MINUTES_10 = timedelta(minutes=10)


class Runs:
    """Runs that do nothing but hold their connection's lock for a while."""

    def __init__(self, context: AppContext, lasting: dict[str, timedelta], now: datetime) -> None:
        self.context, self.lasting, self.now = context, lasting, now
        self.starts: dict[str, list[datetime]] = {name: [] for name in lasting}
        self.going: dict[str, tuple[datetime, ExitStack]] = {}

    def clock(self) -> datetime:
        return self.now

    def start(self, connection: Connection) -> str:
        held = ExitStack()
        held.enter_context(self.context.lock(connection).held())  # raises where two would overlap
        self.going[connection.name] = (self.now + self.lasting[connection.name], held)
        self.starts[connection.name].append(self.now)
        return "started"

    def pass_time(self, span: timedelta) -> None:
        self.now += span
        for name, (ends, held) in list(self.going.items()):
            if ends <= self.now:
                held.close()
                del self.going[name]

    def end(self) -> None:
        self.pass_time(DAY)


def house_of(place: Path, times: dict[str, int]) -> AppContext:
    context = AppContext.open({"ACTUI_HOME": str(place)})
    for name, number in times.items():
        schedule = TimesPerDay(type="times-per-day", times=number)
        context.connections.save(Connection(name=name, enabled=True, schedule=schedule))
    return context


def expected(since: datetime, times: int, lasting: timedelta, looks: list[datetime]) -> list:
    """The starts, told by another rule: a bell that rings sets a flag, an idle look clears it."""
    rung, flag, busy_until, found = 0, False, looks[0] - DAY, []
    for look in looks:
        rings = int((look - since) * times / DAY) + 1
        flag, rung = flag or rings > rung, max(rings, rung)
        if flag and look >= busy_until:
            found.append(look)
            flag, busy_until = False, look + lasting
    return found


def test_no_run_overlaps_and_none_is_missed(tmp_path: Path) -> None:
    times = {f"C{n:02}": 480 - 12 * n for n in range(20)}
    lasting = {f"C{n:02}": timedelta(seconds=5 + 23 * n) for n in range(20)}
    context = house_of(tmp_path, times)
    since = {stored.connection.name: stored.since for stored in context.connections.all()}
    runs = Runs(context, lasting, max(since.values()))
    scheduler = Scheduler(context, runs.start, runs.clock)
    began, looks, sizes = runs.now, [], []
    tracemalloc.start()
    while runs.now <= began + MINUTES_10:
        looks.append(runs.now)
        found = scheduler.look()
        assert {result.done for result in found} <= {"started", "waits"}
        runs.pass_time(STEP)
        # what is held, and not what waits to be collected
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    runs.end()
    assert len(looks) == 121
    for name, starts in runs.starts.items():
        assert starts == expected(since[name], times[name], lasting[name], looks), name
    # short runs start at every due time, long ones queue one run and no more
    assert len(runs.starts["C00"]) == 4
    assert 2 <= len(runs.starts["C19"]) < 4
    assert max(sizes[60:]) - max(sizes[20:60]) < 64_000


def test_a_host_that_slept_runs_once_on_waking(tmp_path: Path) -> None:
    context = house_of(tmp_path, {"A": 480, "B": 24})
    second = timedelta(seconds=1)
    since = max(stored.since for stored in context.connections.all())
    runs = Runs(context, {"A": second, "B": second}, since)
    scheduler = Scheduler(context, runs.start, runs.clock)
    scheduler.look()
    runs.pass_time(timedelta(hours=9, seconds=7))
    woken = runs.now
    for _ in range(10):
        scheduler.look()
        runs.pass_time(second)
    runs.end()
    assert runs.starts == {"A": [since, woken], "B": [since, woken]}


def test_it_is_told_that_nobody_looks(tmp_path: Path) -> None:
    context = house_of(tmp_path, {"A": 24})
    stored = context.connections.find("A")
    now = stored.since
    assert next_due_run(context, stored, now) == now

    def said(one: Stored, at: datetime) -> str:
        found = find_missing_scheduler(context, one, at)
        return found.message.partition(" what is due")[0] if found else ""

    assert said(stored, now) == "Nothing has ever looked"
    Scheduler(context, lambda _: "started", lambda: now).look()
    assert said(stored, now + timedelta(minutes=9)) == ""
    assert said(stored, now + timedelta(minutes=11)).startswith("Nothing has looked since 2")
    assert next_due_run(context, stored, now) == now + timedelta(hours=1)
    off = replace(stored, connection=stored.connection.model_copy(update={"enabled": False}))
    assert said(off, now + timedelta(days=1)) == ""
    assert next_due_run(context, off, now) is None


def test_two_schedulers_start_each_run_once(tmp_path: Path) -> None:
    context = house_of(tmp_path, {"A": 480})
    runs = Runs(context, {"A": timedelta(0)}, context.connections.find("A").since)
    ours = Scheduler(context, runs.start, runs.clock)
    theirs = Scheduler(AppContext.open({"ACTUI_HOME": str(tmp_path)}), runs.start, runs.clock)
    for _ in range(37):
        ours.look()
        theirs.look()
        runs.pass_time(STEP)
    runs.end()
    assert len(runs.starts["A"]) == 2


def test_switching_off_and_on_starts_a_first_run_again(tmp_path: Path) -> None:
    context = house_of(tmp_path, {"A": 1})
    stored = context.connections.find("A")
    runs = Runs(context, {"A": timedelta(0)}, stored.since)
    scheduler = Scheduler(context, runs.start, runs.clock)

    def switch(enabled: bool) -> None:
        connection = context.connections.find("A").connection
        saved = context.connections.save(connection.model_copy(update={"enabled": enabled}))
        runs.pass_time(saved.since - runs.now)

    def look_twice() -> int:
        scheduler.look()
        runs.pass_time(timedelta(microseconds=1))
        scheduler.look()
        return len(runs.starts["A"])

    assert look_twice() == 1
    switch(False)
    assert look_twice() == 1
    switch(True)
    assert look_twice() == 2


def test_trouble_that_passes_does_not_end_the_scheduler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path))
    looks: list[str] = []

    def look(_: Scheduler) -> list[DueResult]:
        looks.append("")
        if len(looks) <= 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if len(looks) <= 4:
            raise ConfigError("It is damaged.")
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    monkeypatch.setattr(Scheduler, "look", look)
    monkeypatch.setattr(scheduling, "LOOK_SECONDS", 0.001)
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert main(["schedule"]) == 0
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert len(looks) == 5
    # each trouble is told once, however long it lasts
    assert capsys.readouterr().err.splitlines() == [
        "actui: The home: No space left on device.",
        "actui: It is damaged.",
    ]
