"""Leavers as a home knows them: goals of other connections, and the word a user gives."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import yaml

from actui.context.run_factory import RunFactory
from actui.model.document import load
from actui.model.run import RunSummary
from actui.sync.run.goal_run import Options
from tests.process.e2e.lab import Lab, lab
from tests.services.export.test_kills import GOAL, NEWSLETTER, SEGMENT

VISITORS = "Webinar visitors"
SECOND = "Second"


def second_connection(world: Lab) -> None:
    """Another connection to the same accounts, with a goal on the same list."""
    goal = copy.deepcopy(GOAL)
    goal["export"] |= {"segment": VISITORS, "unsubscribe": False}
    facts: dict[str, Any] = {
        "name": SECOND,
        "enabled": True,
        "activecampaign": {"url": world.ready["activecampaign"]["url"]},
        "blueconic": {
            "url": world.ready["blueconic"]["url"],
            "client_id": world.ready["blueconic"]["client_id"],
        },
        "goals": [goal],
    }
    text = yaml.safe_dump({"version": 1, "connection": facts})
    for name, value in list(world.environ.items()):
        world.environ[name.replace("_LAB_", "_SECOND_")] = value
    world.context.connections.save(load(text, SECOND))


async def run(world: Lab, name: str) -> RunSummary:
    context = world.context
    async with RunFactory(context).engine(
        context.connections.find(name).connection, Options()
    ) as engine:
        return await engine.execute()


async def leave(world: Lab, profile: str) -> None:
    await world.post("/clock", advance=60)
    change = {"service": "blueconic", "op": "leave", "id": profile, "segment": SEGMENT}
    await world.post("/mutate", **change)


async def profiles(world: Lab, count: int, *segments: str) -> list[str]:
    return [
        await world.profile(properties={"email": [f"p{n}@x.org"]}, segments=list(segments))
        for n in range(count)
    ]


async def test_another_connections_people_stay_on_the_list() -> None:
    async with lab() as world:
        (both,) = await profiles(world, 1, SEGMENT, VISITORS)
        await world.profile(properties={"email": ["alone@x.org"]}, segments=[SEGMENT])
        world.apply(GOAL)
        second_connection(world)
        await run(world, "Lab")
        await leave(world, both)
        # nobody knows yet whom the other connection wants
        summary = await run(world, "Lab")
        assert (summary.goals[0].lists.unsubscribed, summary.goals[0].warnings) == (0, 1)
        assert "has not run yet" in summary.goals[0].message
        await run(world, SECOND)
        assert (await run(world, "Lab")).goals[0].lists.unsubscribed == 0
        gone = {"service": "blueconic", "op": "leave", "id": both, "segment": VISITORS}
        await world.post("/mutate", **gone)
        await run(world, SECOND)
        assert (await run(world, "Lab")).goals[0].lists.unsubscribed == 1
        rows = {row["email"]: row["lists"] for row in await world.lines("/contacts")}
        assert rows == {"p0@x.org": {NEWSLETTER: 2}, "alone@x.org": {NEWSLETTER: 1}}


async def test_a_word_on_the_command_line_lets_many_leave() -> None:
    async def command(*words: str) -> tuple[int, dict[str, Any]]:
        process = world.start(*words)
        told, _ = await asyncio.to_thread(process.communicate)
        return process.returncode, json.loads(told.splitlines()[-1])

    async with lab() as world:
        people = await profiles(world, 12, SEGMENT)
        world.apply(GOAL)
        await command()
        for profile in people[:11]:
            await leave(world, profile)
        code, told = await command()
        assert (code, told["goals"][0]["code"]) == (1, "leavers-need-confirmation")
        assert told["goals"][0]["lists"]["unsubscribed"] == 0
        code, told = await command("--confirm-leavers", "11")
        assert (code, told["goals"][0]["lists"]["unsubscribed"]) == (0, 11)
