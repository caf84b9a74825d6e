"""Imports on a machine whose clock is moved by hours from one run to the next."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from actui.clock import SystemClock
from tests.process.e2e.lab import Lab, Row, lab
from tests.process.e2e.test_sums import PEOPLE, PUT, goal, people, points
from tests.services.export.test_clock_jumps import JUMPS


class Moved(SystemClock):
    """The wall clock is `off` by so many seconds; the monotonic clock never is."""

    off = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.off)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Moved]:
    monkeypatch.setattr("actui.context.run_factory.SystemClock", Moved)
    monkeypatch.setattr(Moved, "off", 0.0)
    return Moved


async def change(world: Lab, **values: object) -> None:
    for row in await world.lines("/contacts"):
        await world.post(
            "/mutate", service="activecampaign", op="update", id=row["id"], set=dict(values)
        )


def plus(totals: dict[str, list[str]], more: int) -> dict[str, list[str]]:
    return {email: [str(int(held[0]) + more)] for email, held in totals.items()}


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
async def test_a_sum_that_is_applied_late_is_waited_for_whatever_the_clock_shows(
    clock: type[Moved], off: float
) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault("commit-late", PUT, method="PUT", seconds=0.7)
        cut = asyncio.create_task(world.run())
        await world.arrived("PUT", PUT)
        cut.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cut

        clock.off = off
        summary = await world.run()

        assert await points(world) == totals
        assert (summary.goals[0].read, summary.goals[0].unknown) == (PEOPLE, 0)


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
async def test_receipts_rise_whatever_the_clock_does(clock: type[Moved], off: float) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        clock.off = off
        await world.run()
        clock.off = 0.0
        await change(world, fields={"POINTS": "7"})
        await world.fault("reset", PUT, method="PUT")

        summary = await world.run(full=True)

        assert await points(world) == plus(totals, 7)
        assert (summary.goals[0].read, summary.goals[0].unknown) == (PEOPLE, 0)


NAMES: Row = {
    "import": {
        "name": "Names",
        "contacts": "all",
        "create_profiles": True,
        "identifiers": [{"field": "email", "property": "email"}],
        "mappings": [{"field": "firstName", "property": "first_name"}],
    }
}


async def names(world: Lab) -> set[str]:
    found = await world.properties()
    return {one for held in found.values() for one in held.get("first_name", [])}


@pytest.mark.parametrize("field", ["watermark", "reconciled"])
async def test_a_watermark_in_the_future_makes_the_next_run_read_everything(field: str) -> None:
    async with lab() as world:
        await people(world)
        connection = world.apply(NAMES)
        await world.run()
        with world.context.ledger(connection) as ledger:
            goal = connection.goals[0].id
            state = ledger.goals.state(goal)
            ledger.goals.save_state(goal, replace(state, **{field: "2099-01-01T00:00:00Z"}))
        await change(world, firstName="Ada")

        summary = await world.run()

        assert await names(world) == {"Ada"}
        assert summary.goals[0].read == PEOPLE
        with world.context.ledger(connection) as ledger:
            after = ledger.goals.state(goal)
        assert {after.watermark, after.reconciled} == {after.watermark}
        assert str(after.watermark) < "2099"


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
async def test_the_machine_s_own_time_becomes_no_watermark(
    clock: type[Moved], off: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lab() as world:
        await people(world)
        world.apply(NAMES)
        monkeypatch.setattr("actui.api.http._http_date", lambda text: None)
        clock.off = off
        await world.run()
        await change(world, firstName="Ada")
        clock.off = 0.0

        await world.run()

        assert await names(world) == {"Ada"}
