"""Sending again whom a run could not deliver, and nobody else."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest

from actui.console.views.outcomes import Filter
from actui.context.context import AppContext
from actui.context.run_factory import RunFactory
from actui.context.services import ConsoleServices
from actui.model.run import RunState, RunSummary
from actui.sync.run.goal_run import Options
from tests.process import forked
from tests.process.e2e.lab import NAME, Lab, Row, lab

IMPORT: Row = {
    "import": {
        "name": "Contacts",
        "contacts": "all",
        "create_profiles": True,
        "identifiers": [{"field": "email", "property": "email"}],
        "mappings": [{"field": "firstName", "property": "first_name", "rule": "set"}],
    }
}
EXPORT: Row = {
    "export": {
        "name": "Readers",
        "segment": "Newsletter readers",
        "identifiers": [{"field": "email", "property": "email"}],
        "mappings": [{"from": {"property": "first_name"}, "field": "firstName"}],
        "lists": ["Newsletter"],
        "unsubscribe": True,
    }
}
SEGMENT = ["Newsletter readers"]


async def retry(world: Lab, *words: str) -> tuple[int, Any]:
    """`actui retry --json` in a process of its own: exit code and last line."""
    environ = {**os.environ, **world.environ}
    command = ("retry", NAME, "--json", *words)
    process = await asyncio.to_thread(forked.run, *command, environ=environ)
    return process.returncode, json.loads(process.stdout)


async def change(world: Lab, service: str, op: str, who: Any, **facts: Any) -> None:
    await world.post("/mutate", service=service, op=op, id=str(who), **facts)


async def test_contacts_that_were_rejected_are_sent_again_and_no_others() -> None:
    async with lab() as world:
        ids = [await world.contact(email=f"p{n}@x.org", firstName="A") for n in range(150)]
        bad = [await world.contact(email=f"no address {n}") for n in range(2)]
        gone = await world.contact(email="no address 3")
        world.apply(IMPORT)
        first = (await world.run()).goals[0]
        assert (first.created, first.rejected) == (150, 3)
        code, nothing_better = await retry(world)
        assert (code, nothing_better["goals"][0]["code"]) == (1, "nothing-accepted")
        await change(world, "activecampaign", "update", bad[0], set={"email": "ok@x.org"})
        await change(world, "activecampaign", "update", ids[0], set={"firstName": "Changed"})
        await change(world, "activecampaign", "delete", gone)
        await world.forget()
        code, told = await retry(world)
        goal = told["goals"][0]
        assert (code, told["trigger"], told["ok"]) == (0, "retry", True)
        assert (goal["read"], goal["created"], goal["rejected"]) == (2, 1, 1)
        assert "1 of 3 people" in goal["message"]
        read = [r for r in await world.requests() if r["path"] == "/api/3/contacts"]
        assert len(read) <= 4
        properties = await world.properties()
        assert properties["p0@x.org"]["first_name"] == ["A"]
        assert "ok@x.org" in properties
        # it moved no watermark: what changed meanwhile is still seen as changed
        assert (await world.run()).goals[0].updated == 1


async def test_profiles_are_sent_again_and_nobody_is_taken_for_a_leaver() -> None:
    async with lab() as world:
        good = await world.profile(properties={"email": ["a@x.org"]}, segments=SEGMENT)
        bad = await world.profile(properties={"email": ["b@"]}, segments=SEGMENT)
        world.apply(EXPORT)
        run = await world.run()
        assert (run.goals[0].created, run.goals[0].rejected) == (1, 1)
        update = {"set": {"properties": {"email": ["b@x.org"]}}}
        await change(world, "blueconic", "update", bad, **update)
        leave = {"service": "blueconic", "op": "leave", "id": good, "segment": SEGMENT[0]}
        await world.post("/mutate", **leave)
        assert (await retry(world, "--run", run.run, "--reason", "no-match"))[1]["people"] == 0
        assert (await retry(world, "--run", "none"))[0] == 2
        code, told = await retry(world, "--run", run.run, "--goal", "Readers")
        assert (code, told["goals"][0]["read"], told["goals"][0]["created"]) == (0, 1, 1)
        assert told["goals"][0]["lists"]["unsubscribed"] == 0
        lists = {row["email"]: row["lists"] for row in await world.lines("/contacts")}
        assert lists == {"a@x.org": {"3": 1}, "b@x.org": {"3": 1}}
        # whoever has done better since is not sent a second time
        assert (await retry(world, "--run", run.run))[1] == {
            "connection": NAME,
            "run": None,
            "people": 0,
        }


async def test_a_run_that_was_stopped_comes_first() -> None:
    async with lab() as world:
        await world.contact(email="no address")
        connection = world.apply(IMPORT)
        context = world.context
        async with RunFactory(context).engine(connection, Options()) as engine:
            engine.stop.signal()
            assert (await engine.execute()).state is RunState.STOPPED
        code, said = await retry(world)
        assert code == 2
        assert "continue it first" in said["message"]
        assert (await world.run()).goals[0].rejected == 1


@pytest.mark.parametrize("options", [Options(limit=2)])
async def test_a_run_about_a_few_is_never_continued_as_one_about_everybody(
    options: Options,
) -> None:
    async with lab() as world:
        for n in range(5):
            await world.contact(email=f"p{n}@x.org")
        connection = world.apply(IMPORT)
        await world.fault("hold", "/rest/v2/profiles", method="PUT")
        async with RunFactory(world.context).engine(connection, options) as engine:
            few = engine.summary.run
            task = asyncio.create_task(engine.execute())
            await world.arrived("PUT", "/rest/v2/profiles")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await world.post("/release")
        summary = await world.run()
        assert summary.run != few
        assert summary.goals[0].read == 5


async def test_the_console_starts_one_in_a_process_of_its_own() -> None:
    async with lab() as world:
        bad = await world.contact(email="no address")
        connection = world.apply(IMPORT)
        run = (await world.run()).run
        await change(world, "activecampaign", "update", bad, set={"email": "ok@x.org"})
        context = AppContext.open({**os.environ, **world.environ})
        starter = ConsoleServices(context).starter
        wanted = Filter(connection.goals[0].id, "rejected", "invalid-identifier")
        await asyncio.to_thread(starter.retry, connection, run, wanted)

        def latest() -> RunSummary:
            return world.context.history(connection).all()[0]

        while latest().run == run or not latest().state.is_final:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.05)
        assert (latest().trigger, latest().ok, latest().goals[0].created) == ("retry", True, 1)
