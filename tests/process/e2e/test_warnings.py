"""A goal's warnings can be read in its message however it ends: through, stopped or failed."""

from __future__ import annotations

import asyncio

from actui.context.run_factory import RunFactory
from actui.model.run import RunState
from actui.sync.run.goal_run import Options
from tests.process.e2e.lab import Lab, Row, lab
from tests.process.e2e.test_live import pictured

PUT = "/rest/v2/profiles"
SUMMED = "%ANSWER_001%: {} left out, which cannot be summed."


def goal() -> Row:
    link = {"field": "email", "property": "email"}
    mapping = {"field": "%ANSWER_001%", "property": "visits", "rule": "sum"}
    return {
        "import": {
            "id": "g-1",
            "name": "In",
            "identifiers": [link],
            "create_profiles": True,
            "mappings": [mapping],
        }
    }


async def person(world: Lab, name: str) -> int:
    return await world.contact(email=f"{name}@x.org", fields={"ANSWER_001": f"{name} no number"})


async def test_a_goal_that_was_stopped_and_continued_tells_all_of_its_warnings() -> None:
    async with lab() as world:
        for name in ("ann", "bob"):
            await person(world, name)
        connection = world.apply(goal())
        await world.fault("hold", PUT, method="PUT")
        async with RunFactory(world.context).engine(connection, Options()) as engine:
            task = asyncio.create_task(engine.execute())
            await world.arrived("PUT", PUT)
            assert world.context.request_stop(connection) == 1
            await pictured(world, RunState.STOPPING)
            await world.post("/release")
            stopped = await task
        assert stopped.state is RunState.STOPPED
        (told,) = stopped.goals
        assert told.warnings == 2
        assert SUMMED.format("2 values") in told.message
        assert "no number" not in told.message
        (kept,) = world.context.history(connection).all()
        assert kept.goals[0].message == told.message

        (through,) = (await world.run()).goals

        assert through.ok
        assert through.warnings == 2
        assert through.message == SUMMED.format("2 values")


async def test_a_goal_that_failed_tells_its_warnings_after_its_trouble() -> None:
    async with lab() as world:
        await person(world, "ann")
        world.apply(goal())
        await world.fault("403-bare", PUT, method="PUT", times=2)
        (failed,) = (await world.run()).goals
        assert (failed.ok, failed.warnings) == (False, 1)
        assert failed.message.endswith(SUMMED.format("1 value"))
        assert failed.message != SUMMED.format("1 value")
