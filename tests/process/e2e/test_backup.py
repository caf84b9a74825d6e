"""A home that was lost and came back from a backup asks before it repeats what it may have done."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from actui import exitcodes
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.rollback import Doubt, Lost
from tests.process import forked
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.test_sums import goal, people, points


async def command(world: Lab, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **world.environ, "ACTUI_HOME": str(home)}
    return await asyncio.to_thread(forked.run, *words, environ=environ)


async def test_a_restored_home_asks_before_a_sum(tmp_path: Path) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.run()
        backup = tmp_path / "backup.tar.gz"
        made = await command(world, world.place, "backup", str(backup), "--json")
        assert made.returncode == exitcodes.OK, made.stderr

        other = tmp_path / "other"
        done = await command(world, other, "restore", str(backup))
        assert done.returncode == exitcodes.OK, done.stderr
        again = await command(world, other, "restore", str(backup))
        assert again.returncode == exitcodes.USAGE
        assert "--replace" in again.stderr
        before = await points(world)
        asked = await command(world, other, "run", NAME, "--json")
        assert asked.returncode == exitcodes.USAGE, asked.stdout
        assert json.loads(asked.stdout.splitlines()[-1])["code"] == "restored"
        assert "--confirm-restored" in asked.stderr
        assert await points(world) == before == totals
        told = await command(world, other, "run", NAME, "--confirm-restored")
        assert told.returncode == exitcodes.OK, told.stderr
        assert (await command(world, other, "run", NAME)).returncode == exitcodes.OK
        assert await points(world) == totals


@pytest.mark.parametrize(
    ("more", "touched"),
    [
        ({}, False),
        ({"resubscribe": "own"}, True),
        ({"resubscribe": "all"}, True),
        ({"unsubscribe": "own"}, True),
        ({"unsubscribe": "all"}, True),
    ],
)
def test_goals_that_act_on_lists_are_asked_about(more: dict[str, str], touched: bool) -> None:
    export = ExportGoal.model_validate({"name": "G", "segment": "S", **more})
    assert Doubt("Why.").touches(export) is touched
    assert not Doubt("Why.", frozenset({Lost.SUMS})).touches(export)


def test_only_sums_of_an_import_are_asked_about() -> None:
    plain = goal()["import"]
    assert Doubt("Why.").touches(ImportGoal.model_validate(plain))
    plain["mappings"] = plain["mappings"][:1]
    assert not Doubt("Why.").touches(ImportGoal.model_validate(plain))
