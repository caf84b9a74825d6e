"""Runs the real program on full disks, makes room, goes on, and compares the end with a calm world.

`python -m tests.bench disk [--count COMMANDS]`. Each scenario (chaos_acts.py) is lived through
once undisturbed for each kind of full disk (full_disks.py), and then with the disk full at a
position drawn at random in each of its commands. Such a command must end with one sentence and the
exit code 2, and leave counts behind that are those of its people; the same command, called again
once there is room, must come to its end and count as the undisturbed one did. At last one
run that nobody disturbs follows in both worlds, and both services, the home's documents and its
ledger must be equal, with every file readable and no crash report.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from store.settings import SettingsFile
from tests.bench.chaos import PATIENCE, Life
from tests.bench.chaos_acts import SCENARIOS, Act, Scenario
from tests.bench.endstate import State, differences, miscounted
from tests.bench.figures import Budget, Figures, budget
from tests.bench.full_disks import Disk, disks
from tests.process.e2e.lab import lab

USAGE = 2
NAMES = [name for name, one in SCENARIOS.items() if not any(act.started for act in one.acts)]
"""Scenarios whose commands do their work themselves; a scheduler starts others that do."""


@dataclass
class Calm:
    """What an undisturbed life on a kind of disk came to."""

    disk: Disk
    state: State
    reads: list[dict[str, int]] = field(default_factory=list)


@asynccontextmanager
async def life(scenario: Scenario, disk: Disk) -> AsyncIterator[Life]:
    """A new world whose home lies on the disk."""
    async with lab() as world:
        settings = world.context.settings
        with disk.made(world.place):
            SettingsFile(world.context.home).save(settings)
            living = Life(world, scenario)
            try:
                await scenario.populate(world)
                yield living
            finally:
                await living.close()


async def undisturbed(scenario: Scenario, disk: Disk) -> tuple[Calm, list[str]]:
    """The scenario as it should be; the disk learns what each command writes."""
    async with life(scenario, disk) as living:
        reads = []
        for number, act in enumerate(scenario.acts):
            await living.prepare(act)
            with disk.calm(number) as environ:
                code, _, err = await _command(living, act, environ)
            if code not in act.done:
                living.troubles.append(f"{' '.join(act.words)} ended with {code}: {err[-300:]}")
            reads.append(living.reads(act))
        return Calm(disk, await living.finish(), reads), living.troubles


async def _command(living: Life, act: Act, environ: dict[str, str]) -> tuple[int, str, str]:
    """Run a command with more in its environment; its exit code and what it printed."""
    before = dict(living.world.environ)
    living.world.environ.update(environ)
    try:
        process = living.spawn(act, act.words)
    finally:
        living.world.environ.clear()
        living.world.environ.update(before)
    try:
        out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    finally:
        living._running.remove(process)
    return process.returncode, out, err


def judged(act: Act, code: int, out: str, err: str) -> list[str]:
    """What is wrong about how a command ended on a full disk."""
    what = " ".join(act.words)
    if code in act.done:
        return []
    if code != USAGE:
        return [f"{what} ended with {code}: {(out + err)[-600:]}"]
    said = [line for line in err.splitlines() if line.strip()]
    wrong = []
    if "Traceback" in out + err or not said or not said[-1].startswith("actui: "):
        wrong.append(f"{what} said {err[-600:]!r}")
    if "--json" in act.words:
        try:
            told = json.loads(out.splitlines()[-1])
            if told["ok"] or told["exit_code"] != USAGE or not told["message"]:
                wrong.append(f"{what} printed {told}")
        except (ValueError, KeyError, IndexError):
            wrong.append(f"{what} printed no last line: {out[-300:]!r}")
    return wrong


async def filled(
    name: str, scenario: Scenario, calm: Calm, draw: random.Random, figures: Figures
) -> None:
    """The scenario with the disk full in each command, which is called again with room."""
    line = f"{calm.disk.name}: {name}"
    positions: list[str] = []
    async with life(scenario, calm.disk) as living:
        for number, act in enumerate(scenario.acts):
            await living.prepare(act)
            position = calm.disk.draw(draw, number)
            positions.append(f"{position} in {' '.join(act.words)}")
            with calm.disk.full(position) as environ:
                code, out, err = await _command(living, act, environ)
            figures.tally("exit codes", str(code))
            living.troubles += [*judged(act, code, out, err), *miscounted(living.world)]
            if code not in act.done:
                await living.continued(act)
            living.count(act, calm.reads[number])
        state = await living.finish()
        wrong = [*living.troubles, *differences(state, calm.state)]
    for _ in positions[:-1]:
        figures.held(line)
    if wrong:
        figures.failed(line, f"{positions}: {wrong[:6]}")
    else:
        figures.held(line)


async def play(given: Budget, figures: Figures) -> None:
    """Every scenario on every kind of disk in turn, until the budget is spent."""
    kinds, missing = disks()
    figures.notes.update({f"not tried: {name}": why for name, why in missing.items()})
    places = [
        (kind, name) for name in NAMES for kind in kinds if given.only in f"{kind.name}: {name}"
    ]
    calm: dict[tuple[str, str], Calm] = {}
    done = number = 0
    while not given.is_spent(done):
        kind, name = places[number % len(places)]
        scenario, key = SCENARIOS[name], (kind.name, name)
        if key not in calm:
            calm[key], troubles = await undisturbed(scenario, kind())
            if troubles:
                figures.failed(f"{key}, undisturbed", "; ".join(troubles))
        draw = random.Random(f"{given.seed} {number}")
        await filled(name, scenario, calm[key], draw, figures)
        done += len(scenario.acts)
        number += 1


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 where a command ended otherwise, or an end state differs."""
    about = "Fill the disk at a random position, make room, go on, compare the end."
    given = budget(argv, "disk", about, count=200, counts="commands", only="scenario")
    figures = Figures("disk", given.seed)
    asyncio.run(play(given, figures))
    return figures.ended(as_json=given.as_json)
