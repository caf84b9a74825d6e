"""One stop ends a run wherever it waits, however long it would have waited there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from actui.context.run_factory import RunFactory
from actui.model.run import RunState
from actui.sync.run.goal_run import Options
from store.settings import SettingsFile
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.test_sums import PUT, goal, people, points

MINUTES_10 = 600.0
CONTACTS = "/api/3/contacts"


async def stopped(world: Lab, how: str, waits: Callable[[], bool]) -> RunState:
    """Run, wait until the run waits, ask it once to stop; the state in which it ends."""
    context = world.context
    connection = context.connections.find(NAME).connection
    async with RunFactory(context).engine(connection, Options()) as engine:
        task = asyncio.create_task(engine.execute())
        while not waits():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not task.done()
        if how == "signal":
            engine.stop.signal()
        else:
            assert context.request_stop(connection) == 1
        return (await asyncio.wait_for(task, 30)).state


@pytest.mark.parametrize("how", ["signal", "request"])
@pytest.mark.parametrize(("method", "path"), [("GET", CONTACTS), ("PUT", PUT)])
async def test_between_two_attempts(
    how: str, method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def long(error: Exception) -> float:
        asked.append(error)
        return MINUTES_10

    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        with monkeypatch.context() as patched:
            patched.setattr("actui.api.retry._wait_for", long)
            await world.fault("429", path, method=method, times=-1)
            assert await stopped(world, how, lambda: bool(asked)) is RunState.STOPPED
        await world.control.delete("/faults")
        summary = await world.run()
        assert (summary.ok, await points(world)) == (True, totals)


@pytest.mark.parametrize("how", ["signal", "request"])
async def test_at_the_gate_of_an_account(how: str) -> None:
    async with lab() as world:
        settings = world.context.settings.model_copy(update={"requests_per_second": 5})
        SettingsFile(world.context.home).save(settings)
        await people(world)
        connection = world.apply(goal())
        await world.run()
        (file,) = world.context.home.pace_dir.glob("*-requests")
        state = json.loads(file.read_text())
        file.write_text(json.dumps({**state, "paused_until": time.monotonic() + MINUTES_10}))
        with world.context.ledger(connection) as ledger:

            def has_begun() -> bool:
                snapshot = ledger.runs.read_progress()
                return snapshot is not None and not snapshot.state.is_final

            assert await stopped(world, how, has_begun) is RunState.STOPPED
