"""A dry run counts what the run after it does: people, lists, and who is available at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actui.context.run_factory import RunFactory
from actui.model.preview import Ask
from actui.sync.exporting.leavers import NEEDS_CONFIRMATION
from actui.sync.run.goal_run import Options
from tests.process.e2e.lab import NAME, Lab, lab
from tests.services.export.test_commands import leave, profiles, run, second_connection
from tests.services.export.test_kills import GOAL, NEWSLETTER, SEGMENT

LISTS = {"subscribed": 1, "resubscribed": 1, "unsubscribed": 2, "left": 1}


async def tried(world: Lab, **options: Any) -> dict[str, Any]:
    """A dry run, shown to have written nothing."""
    context = world.context
    connection = context.connections.find(NAME).connection
    before = await world.lines("/contacts")
    async with RunFactory(context).rehearsal(connection) as rehearsal:
        summary = await rehearsal.count(Options(trigger="dry-run", **options))
    assert await world.lines("/contacts") == before
    return summary.printed()


def counted(told: dict[str, Any]) -> dict[str, Any]:
    (goal,) = told["goals"]
    return {name: value for name, value in goal.items() if name not in ("requests", "seconds")}


async def somebody_of_each(world: Lab) -> None:
    """After a run: two leave the segment, one comes back, one is new, one has opted out."""
    found = await profiles(world, 6, SEGMENT)
    world.apply({"export": {**GOAL["export"], "resubscribe": "own"}})
    await leave(world, found[0])
    await run(world, NAME)
    for profile in (found[1], found[2]):
        await leave(world, profile)
    # the first one was unsubscribed by this goal, and is in the segment again
    await run(world, NAME)
    back = {"service": "blueconic", "op": "enter", "id": found[1], "segment": SEGMENT}
    await world.post("/mutate", **back)
    for profile in (found[3], found[4]):
        await leave(world, profile)
    await world.contact(email="gone@x.org", lists={NEWSLETTER: 2})
    for email in ("gone@x.org", "new@x.org"):
        await world.profile(properties={"email": [email]}, segments=[SEGMENT])


async def test_list_work_is_counted_as_the_run_does_it() -> None:
    async with lab() as world:
        await somebody_of_each(world)
        shown = await tried(world)
        done = await world.run()
        assert shown["goals"][0]["lists"] == LISTS
        assert counted(shown) == counted(done.printed())


async def test_too_many_leavers_are_reported_and_confirmed_as_in_a_run() -> None:
    async with lab() as world:
        found = await profiles(world, 12, SEGMENT)
        world.apply(GOAL)
        await run(world, NAME)
        for profile in found:
            await leave(world, profile)
        goal = (await tried(world))["goals"][0]
        assert (goal["code"], goal["lists"]["unsubscribed"]) == (NEEDS_CONFIRMATION, 0)
        goal = (await tried(world, confirm_leavers=12))["goals"][0]
        assert (goal["ok"], goal["lists"]["unsubscribed"]) == (True, 12)


async def test_the_claims_of_another_connection_are_read_and_not_touched() -> None:
    async with lab() as world:
        found = await profiles(world, 3, SEGMENT, "Webinar visitors")
        world.apply(GOAL)
        second_connection(world)
        await run(world, NAME)
        await leave(world, found[0])
        assert "has not run yet" in (await tried(world))["goals"][0]["message"]
        await run(world, "Second")
        other = world.context.connections.find("Second").connection
        file = world.context.home.ledger_file(other.id)
        before = file.read_bytes()
        goal = (await tried(world))["goals"][0]
        assert (goal["message"], goal["lists"]["unsubscribed"]) == ("", 0)
        assert file.read_bytes() == before


async def test_without_another_connection_none_is_spoken_of() -> None:
    async with lab() as world:
        found = await profiles(world, 3, SEGMENT)
        world.apply(GOAL)
        await run(world, NAME)
        await leave(world, found[0])
        goal = (await tried(world))["goals"][0]
        assert (goal["message"], goal["lists"]["unsubscribed"]) == ("", 1)


@pytest.mark.parametrize(
    ("size", "number", "words"),
    [
        ("exact", 3, "3 people are available for export"),
        ("absent", None, "BlueConic does not say how many people are available for export"),
    ],
)
async def test_everywhere_the_number_available_is_told(
    size: str, number: int | None, words: str
) -> None:
    async with lab(switches={"segment-count": size}) as world:
        await profiles(world, 3, SEGMENT)
        world.apply(GOAL)
        assert words in await world.command("check", NAME, "--online")
        told = await world.command("check", NAME, "--online", "--json")
        rows = [json.loads(line) for line in told.splitlines()]
        assert [row["available"] for row in rows if row["code"] == "available"] == [number]
        # whoever lists the segment is told in any case
        assert "3 people are available" in await world.command("preview", NAME)
        shown = json.loads(await world.command("preview", NAME, "--json"))
        assert shown["goals"][0]["available"] == 3
        assert "available for export: 3" in await world.command("run", NAME, "--dry-run")
        for asked in (["--dry-run"], []):
            said = await world.command("run", NAME, "--json", *asked)
            assert json.loads(said.splitlines()[-1])["goals"][0]["available"] == 3


async def test_a_preview_says_how_many_left() -> None:
    async with lab() as world:
        found = await profiles(world, 5, SEGMENT)
        world.apply(GOAL)
        await run(world, NAME)
        await leave(world, found[0])
        context = world.context
        connection = context.connections.find(NAME).connection
        async with RunFactory(context).rehearsal(connection) as rehearsal:
            (goal,) = (await rehearsal.show(Ask(first=1))).goals
        assert len(goal.people) == 1
        assert "1 person has left the segment and would be unsubscribed." in goal.notes
