"""What a run tells of itself while it goes."""

from __future__ import annotations

import asyncio

from actui.context.run_factory import RunFactory
from actui.model.run import RunSnapshot, RunState
from actui.sync.run.goal_run import Options
from tests.process.e2e.lab import Lab, lab
from tests.process.e2e.test_retry import IMPORT


async def pictured(world: Lab, state: RunState) -> RunSnapshot:
    """The picture of the run once it is in a state, as another process reads it."""
    context = world.context
    with context.ledger(context.connections.find("Lab").connection) as ledger:
        while True:
            found = ledger.runs.read_progress()
            if found is not None and found.state is state:
                return found
            await asyncio.sleep(0.01)


async def test_requests_and_problems_are_told_and_so_is_a_wish_to_stop() -> None:
    async with lab() as world:
        await world.contact(email="no address")
        await world.contact(email="ann@x.org")
        connection = world.apply(IMPORT)
        await world.fault("hold", "/rest/v2/profiles", method="PUT")
        async with RunFactory(world.context).engine(connection, Options()) as engine:
            task = asyncio.create_task(engine.execute())
            await world.arrived("PUT", "/rest/v2/profiles")
            assert world.context.request_stop(connection) == 1
            picture = await pictured(world, RunState.STOPPING)
            assert picture.requests.activecampaign > 0
            assert [(p.who, p.reason) for p in picture.problems] == [
                ("no address", "invalid-identifier")
            ]
            assert world.context.history(connection).all()[0].state is RunState.STOPPING
            await world.post("/release")
            assert (await task).state is RunState.STOPPED
        # people's data is gone from the picture with the run
        assert (await pictured(world, RunState.STOPPED)).problems == []
