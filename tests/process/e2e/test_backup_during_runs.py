"""A backup that is made while a run goes on is whole, and a restored home continues from it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from actui import exitcodes
from store.settings import SettingsFile
from tests.bench.chaos_acts import RUN, SCENARIOS
from tests.bench.endstate import State, differences, end_state
from tests.process import forked
from tests.process.e2e.lab import Lab, lab
from tests.process.forked import Forked

pytestmark = pytest.mark.long

PATIENCE = 120
WRITES = ("POST", "PUT", "PATCH", "DELETE")


async def command(world: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **world.environ}
    return await asyncio.to_thread(forked.run, *words, environ=environ)


async def succeed(world: Lab, *words: str) -> None:
    done = await command(world, *words)
    assert done.returncode == exitcodes.OK, done.stdout + done.stderr


async def writes(world: Lab) -> list[dict[str, Any]]:
    """Requests that change people; asking for a token or a search does not."""
    return [
        row
        for row in await world.requests()
        if row["method"] in WRITES and not row["path"].endswith(("/oauth/token", "/search"))
    ]


@dataclass(frozen=True)
class Instant:
    """Where a run of a scenario, after some that are done, is held.

    `asks` is whether its restored home has to ask.
    """

    scenario: str
    kind: str
    method: str
    path: str
    asks: bool = True
    done: int = 1


SUM, OWN = "import with Sum", "unsubscribe and resubscribe own"
PLAIN = "export with lists, people leaving meanwhile"
PUT, LISTS = "/rest/v2/profiles", "/api/3/contactLists"
BULK = "/api/3/import/bulk_import"
INSTANTS = {
    "contacts are read": Instant(SUM, "hold", "GET", "/api/3/contacts"),
    "a Sum is on its way": Instant(SUM, "hold", "PUT", PUT),
    "a Sum was applied": Instant(SUM, "timeout-after-commit", "PUT", PUT),
    "people are on their way": Instant(PLAIN, "hold", "POST", BULK, asks=False),
    "people were sent": Instant(PLAIN, "timeout-after-commit", "POST", BULK, asks=False),
    "somebody is being unsubscribed": Instant(OWN, "hold", "POST", LISTS, done=0),
    "somebody was unsubscribed": Instant(OWN, "timeout-after-commit", "POST", LISTS, done=0),
    "somebody is being resubscribed": Instant(OWN, "hold", "POST", LISTS),
    "somebody was resubscribed": Instant(OWN, "timeout-after-commit", "POST", LISTS),
}


async def prepare(world: Lab, instant: Instant) -> None:
    """Some commands are done and the changes for the next one are made."""
    scenario = SCENARIOS[instant.scenario]
    await scenario.populate(world)
    for act in scenario.acts[: instant.done]:
        await act.before(world)
        await succeed(world, *RUN)
    await scenario.acts[instant.done].before(world)
    await world.forget()


async def finish(world: Lab) -> None:
    """One more run, for which the watermarks of the one before are old."""
    await world.post("/clock", advance=120)
    await succeed(world, *RUN)


async def undisturbed(instant: Instant) -> State:
    async with lab() as world:
        await prepare(world, instant)
        await succeed(world, *RUN)
        await finish(world)
        return await end_state(world)


def wait_for_answers(world: Lab) -> None:
    """A held request is waited for, not given up and sent again."""
    SettingsFile(world.context.home).change({"request_seconds": 300})


async def struck(world: Lab, run: Forked) -> None:
    while not any(one["struck"] for one in (await world.control.get("/faults")).json()["faults"]):
        assert run.poll() is None, "the run ended before it could be held"
        await asyncio.sleep(0.01)


def move(world: Lab, home: Path) -> None:
    world.place, world.environ = home, {**world.environ, "ACTUI_HOME": str(home)}


@pytest.mark.parametrize("name", INSTANTS)
async def test_a_home_restored_from_the_middle_of_a_run_comes_to_the_same_end(
    name: str, tmp_path: Path
) -> None:
    instant = INSTANTS[name]
    expected = await undisturbed(instant)
    async with lab() as world:
        await prepare(world, instant)
        wait_for_answers(world)
        await world.fault(instant.kind, instant.path, method=instant.method, times=1)
        run = world.start()
        backup = tmp_path / "backup"
        try:
            await asyncio.wait_for(struck(world, run), PATIENCE)
            await succeed(world, "backup", str(backup))
            assert run.poll() is None, "the backup was not made during the run"
        finally:
            run.kill()
            await asyncio.to_thread(run.communicate)
        await world.control.delete("/faults")
        await world.post("/release")
        move(world, tmp_path / "other")
        await succeed(world, "restore", str(backup))
        await world.forget()
        asked = await command(world, *RUN)
        if instant.asks:
            assert asked.returncode == exitcodes.USAGE, asked.stdout
            assert json.loads(asked.stdout.splitlines()[-1])["code"] == "restored"
            assert await writes(world) == []
            await succeed(world, *RUN, "--confirm-restored")
        else:
            assert asked.returncode == exitcodes.OK, asked.stderr
        await finish(world)
        SettingsFile(world.context.home).change({"request_seconds": 1})
        found = await end_state(world)
        assert "\n".join(differences(found, expected)) == ""
