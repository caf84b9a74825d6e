"""Exports on a machine whose clock is moved by hours between two processes, or under one."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from actui.model.run import RunState
from actui.sync.exporting import batches
from actui.sync.run.engine import Engine
from actui.sync.run.goal_run import Options
from actui.sync.run.stop import POLL_SECONDS
from tests.services.export.desk import ACTIVE, NEWSLETTER, Desk, OneClock

HOURS_5 = 5 * 3600.0
YEAR = 366 * 24 * 3600.0
TO_1970, TO_2099 = -56 * YEAR, 73 * YEAR
JUMPS = {"5 h ahead": HOURS_5, "5 h back": -HOURS_5, "1970": TO_1970, "2099": TO_2099}
CHANGES = {
    **{f"then {name}": (0.0, off) for name, off in JUMPS.items()},
    **{f"before {name}": (off, 0.0) for name, off in JUMPS.items()},
}
BULK, INFO = "/import/bulk_import", "/import/info"


class Moved(OneClock):
    """The machine's wall clock is `off` by so many seconds; its monotonic clock never is."""

    def __init__(self, clock: OneClock) -> None:
        super().__init__(clock._clock)
        self.off = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.off)


@pytest.fixture
def clock(desk: Desk) -> Moved:
    desk.clock = Moved(desk.clock)
    return desk.clock


@pytest.mark.parametrize(("first", "later"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("where", [("POST", BULK), ("GET", INFO)], ids=["sending", "queued"])
async def test_a_run_goes_on_whatever_the_clock_did_meanwhile(
    desk: Desk, clock: Moved, where: tuple[str, str], first: float, later: float
) -> None:
    for number in range(4):
        await desk.profile(f"p{number}@x.org")
    clock.off = first
    async with desk.held(desk.connection(), *where):
        await desk.post("/release")
    clock.off = later
    began = desk.clock.monotonic()
    summary = await desk.go_on()
    assert (summary.read, summary.created, summary.unknown) == (4, 4, 0)
    assert {row["lists"][NEWSLETTER] for row in (await desk.contacts()).values()} == {ACTIVE}
    assert desk.clock.monotonic() - began < 60


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
async def test_a_batch_is_followed_while_the_clock_is_moved(
    desk: Desk, clock: Moved, off: float
) -> None:
    await desk.profile("p@x.org")
    await desk.fault("hold", f".*{INFO}", method="GET")
    task = asyncio.create_task(desk.export())
    await desk.arrived("GET", INFO, 1)
    clock.off = off
    await desk.post("/release")
    began = desk.clock.monotonic()
    summary = await task
    assert (summary.created, summary.unknown) == (1, 0)
    assert desk.clock.monotonic() - began < 60


@pytest.mark.parametrize("off", [HOURS_5, TO_2099], ids=["5 h ahead", "2099"])
async def test_a_batch_that_looks_old_is_asked_about_for_long_enough(
    desk: Desk, clock: Moved, off: float
) -> None:
    await desk.profile("p@x.org")
    await desk.switch(batch_speed="stuck")
    async with desk.held(desk.connection(), "GET", INFO):
        await desk.post("/release")
    clock.off = off
    began = desk.clock.monotonic()
    summary = await desk.go_on()
    assert (summary.unknown, summary.reasons) == (1, {"unresolved": 1})
    assert batches.PATIENCE / 2 < desk.clock.monotonic() - began < batches.PATIENCE


class Standing(Moved):
    """Whoever waits longer than between two looks for a stop waits until the test's end."""

    async def sleep(self, seconds: float) -> None:
        if seconds == POLL_SECONDS:
            await asyncio.sleep(0.01)
            return
        self.waits.set()
        await asyncio.Event().wait()

    def __init__(self, clock: OneClock) -> None:
        super().__init__(clock)
        self.waits = asyncio.Event()


@pytest.mark.parametrize("how", ["signal", "request"])
@pytest.mark.parametrize("fault", ["", "reset-after-commit"], ids=["polling", "settling"])
async def test_one_stop_ends_every_wait_for_a_batch(desk: Desk, how: str, fault: str) -> None:
    desk.clock = standing = Standing(desk.clock)
    await desk.profile("p@x.org")
    await desk.switch(batch_speed="stuck")
    if fault:
        await desk.fault(fault, f".*{BULK}", method="POST")
    with desk.ledger() as ledger, desk.ledger() as beside:
        async with desk.ports(ledger) as ports:
            engine = Engine(desk.connection(), ports, Options(), 1)
            task = asyncio.create_task(engine.execute())
            await standing.waits.wait()
            if how == "signal":
                engine.stop.signal()
            else:
                beside.runs.request_stop(engine.summary.run)
            summary = await asyncio.wait_for(task, 20)
    assert summary.state is RunState.STOPPED


async def test_a_clock_that_stands_still_gives_every_run_a_name_of_its_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.profile("p@x.org", first_name="Ada")
    still = desk.clock.now()
    monkeypatch.setattr(desk.clock, "now", lambda: still)
    first = await desk.run(desk.connection())
    await desk.profile("q@x.org", first_name="Ada")
    second = await desk.run(desk.connection())
    assert first.run != second.run
    assert (second.goals[0].read, second.goals[0].created) == (2, 1)
