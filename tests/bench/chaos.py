"""Kills the real program at random instants, continues it, and compares the end with a calm world.

`python -m tests.bench chaos [--count KILLS]`. Each scenario (chaos_acts.py) is lived through twice:
once undisturbed, and then with a signal in each of its commands, at a request or an instant drawn
at random. The same command is then called again until it comes to its end. At last one run that
nobody disturbs follows in both worlds, and both services, the home's documents and its ledger must
be equal, every file readable, and no process may have printed a traceback.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from actui.model.settings import Settings
from store.home import Home
from store.ledger import open_ledger
from store.settings import SettingsFile
from tests.bench.chaos_acts import MEANWHILE, NEWSLETTER, RUN, SCENARIOS, Act, Scenario
from tests.bench.endstate import State, differences, end_state, miscounted, unreadable
from tests.bench.figures import Budget, Figures, budget
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.processes import ACTUI

AIMED = 0.25
"""Share of the signals to a run that are sent while the answer to a write is on its way."""
WRITES = (("PUT", "/rest/v2/profiles"), ("POST", ".*/(import/bulk_import|contactLists)"))
AT_ONCE = 3
"""Worlds at the same time."""
PATIENCE = 600.0
"""Seconds after which a process that has not ended counts as hanging."""
KEYLESS = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

FULL = 2
"""SQLite's word for: nothing is acknowledged before it is on the disk."""

NOT_COMPARED = {
    "created, updated and unchanged count as one": "which it was is lost with a lost answer",
    f"what the home keeps of {MEANWHILE}…@x.org": "it depends on the instant at which they left",
    "ids, times, names of runs, values of receipts": "they differ in any two worlds",
}
"""What the comparison passes over, and why."""

IN_FLIGHT = (
    "an unsubscription in flight when the process died",
    "whether the goal did it or the person, nobody knows: it counts as the person's own, "
    "so that `resubscribe: own` leaves them alone",
)
_ADDRESS = re.compile(r"[\w.]+@x\.org")
_OF_LEAVING = re.compile(
    r"(contacts|ledger (membership|resubscribed|omitted|person)): (has|misses) "
)

Signals = Callable[[subprocess.Popen[str]], Any]


async def _stop_and_go(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(0.2)
    process.send_signal(signal.SIGCONT)


async def _stop_and_kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(0.1)
    process.kill()


async def _term_twice(process: subprocess.Popen[str]) -> None:
    process.terminate()
    await asyncio.sleep(0.05)
    process.terminate()


SIGNALS: dict[str, Signals] = {
    "SIGKILL": lambda process: process.kill(),
    "SIGTERM": lambda process: process.terminate(),
    "SIGHUP": lambda process: process.send_signal(signal.SIGHUP),
    "SIGTERM twice": _term_twice,
    "SIGSTOP, SIGCONT": _stop_and_go,
    "SIGSTOP, SIGKILL": _stop_and_kill,
}
OFTEN = ("SIGKILL", "SIGKILL", *SIGNALS)
"""What is drawn from: a power cut is what loses most."""


@dataclass
class Calm:
    """What an undisturbed life came to, and how long each of its commands took."""

    state: State
    requests: list[int] = field(default_factory=list)
    reads: list[dict[str, int]] = field(default_factory=list)
    """What `Life.reads` tells after each command."""
    seconds: list[float] = field(default_factory=list)


class Life:
    """One world and its scenario, with or without signals."""

    def __init__(self, world: Lab, scenario: Scenario) -> None:
        self.world, self.scenario = world, scenario
        self.troubles: list[str] = []
        self._running: list[subprocess.Popen[str]] = []
        self._seen: set[str] = set()

    def spawn(self, act: Act, words: tuple[str, ...]) -> subprocess.Popen[str]:
        """A command of the program in a process of its own."""
        process = subprocess.Popen(
            [*ACTUI, *words],
            env={**os.environ, **KEYLESS, **self.world.environ},
            cwd=self.world.place,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        assert process.stdin is not None
        process.stdin.write(act.stdin)
        process.stdin.close()
        process.stdin = None
        return process

    async def ended(self, process: subprocess.Popen[str], what: str) -> int:
        """Its exit code; what it printed is looked through."""
        try:
            out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.communicate)
            self.troubles.append(f"{what} hung")
            return -signal.SIGKILL
        finally:
            self._running.remove(process)
        if "Traceback" in err + out or process.returncode == 70:
            self.troubles.append(f"{what} printed a traceback: {(err + out)[-600:]}")
        self._adds_up(out, what)
        return process.returncode

    def _adds_up(self, out: str, what: str) -> None:
        for line in out.splitlines()[-1:]:
            try:
                told = json.loads(line)
            except ValueError:
                continue
            for goal in told.get("goals", []) if isinstance(told, dict) else []:
                parts = ("created", "updated", "unchanged", "skipped", "rejected", "unknown")
                if "read" in goal and goal["read"] != sum(goal.get(part, 0) for part in parts):
                    self.troubles.append(f"{what}: the counts do not add up: {line}")

    async def calm(self, act: Act, words: tuple[str, ...] | None = None) -> int:
        """The command from start to end."""
        words = words or act.words
        process = self.spawn(act, words)
        if act.started and words[0] == "schedule":
            await self._run_of(act)
            process.terminate()
        return await self.ended(process, " ".join(words))

    async def _run_of(self, act: Act) -> None:
        """Wait until a run of this trigger has come to its end."""
        context = self.world.context
        connection = context.connections.find(NAME).connection
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            runs = context.history(connection).all()
            ended = any(run.trigger == act.started and run.state == "FINISHED" for run in runs)
            if ended and not context.lock(connection).is_held():
                return
            await asyncio.sleep(0.05)
        self.troubles.append(f"no run of {act.started} has come to its end")

    async def prepare(self, act: Act) -> None:
        """What happens before a command, and what will while it is at work."""
        await act.before(self.world)
        for one in act.meanwhile:
            await self.world.post("/mutate", service="activecampaign", **one)
        await self.world.forget()

    async def aimed(self, act: Act, kill: str) -> bool:
        """Send the signal while the first answer to a write is on its way, which is the worst
        instant; whether the command came to its end all the same.

        The write has been applied. A SIGTERM must end a run in order, to be continued.
        """
        fault = {"kind": "hold" if kill == "SIGTERM" else "timeout-after-commit"}
        for method, path in WRITES:
            await self.world.post("/faults", method=method, path=path, **fault)
        process = self.spawn(act, act.words)
        while process.poll() is None:
            faults = (await self.world.control.get("/faults")).json()["faults"]
            if any(one["struck"] for one in faults):
                break
            await asyncio.sleep(0.003)
        struck = process.poll() is None
        if struck:
            SIGNALS[kill](process)
            await asyncio.sleep(0.2)
        await self.world.control.delete("/faults")
        await self.world.post("/release")
        code = await self.ended(process, f"{' '.join(act.words)} after {kill} at a write")
        if struck and kill == "SIGTERM" and code != 5 and "--dry-run" not in act.words:
            self.troubles.append(f"a run that was stopped at its first write ended with {code}")
        return code in act.done

    async def disturbed(
        self, act: Act, kill: str, is_now: Callable[[float, int], bool], delay: float
    ) -> bool:
        """Start the command and send it a signal; whether it came to its end all the same."""
        process = self.spawn(act, act.words)
        began = time.monotonic()
        while process.poll() is None:
            seen = len(await self.world.requests())
            if is_now(time.monotonic() - began, seen):
                break
            await asyncio.sleep(0.003)
        await asyncio.sleep(delay)
        if process.poll() is None:
            done = SIGNALS[kill](process)
            if done is not None:
                await done
        if kill == "SIGSTOP, SIGCONT" and act.words[0] == "schedule":
            process.terminate()
        code = await self.ended(process, f"{' '.join(act.words)} after {kill}")
        return code in act.done and act.words[0] != "schedule"

    async def continued(self, act: Act) -> None:
        """Call the command again until it comes to its end."""
        words = act.continued or act.words
        for _ in range(3):
            code = await self.calm(act, words)
            if code in act.done:
                return
            if act.continued and code == 2:
                # nothing was begun yet: there is nothing to continue
                words = act.words if words != act.words else act.continued
        self.troubles.append(f"{' '.join(words)} was called again and ended with {code}")

    def reads(self, act: Act) -> dict[str, int]:
        """How many people each goal of a run has read, since this was last asked.

        Of several runs the largest count: after a run that came to its end though it was killed,
        calling it again begins another one. Empty for commands that are no runs of all people.
        """
        context = self.world.context
        runs = context.history(context.connections.find(NAME).connection).all()
        new = [one for one in runs if one.run not in self._seen]
        self._seen |= {one.run for one in new}
        found: dict[str, int] = {}
        for goal in (goal for one in new for goal in one.goals):
            found[goal.goal] = max(goal.read, found.get(goal.goal, 0))
        return found if act.words[0] == "run" and act.writes else {}

    def count(self, act: Act, calm: dict[str, int]) -> None:
        """Compare the counts of a command that has come to its end with the undisturbed one's."""
        found = self.reads(act)
        if found != calm:
            self.troubles.append(f"{' '.join(act.words)} has read {found} instead of {calm}")

    async def finish(self) -> State:
        """Everybody who leaves has left; one more run; what is there in the end."""
        for act in self.scenario.acts:
            for one in act.meanwhile:
                rows = {row["email"]: row for row in await self.world.lines("/contacts")}
                if rows[one["id"]]["lists"].get(NEWSLETTER) != 2:
                    change = {"id": one["id"], "list": NEWSLETTER, "op": one["op"]}
                    await self.world.post("/mutate", service="activecampaign", **change)
        await self.world.post("/clock", advance=120)
        code = await self.calm(Act(), RUN)
        if code != 0:
            self.troubles.append(f"the last run ended with {code}")
        self.troubles += unreadable(self.world.place)
        return await end_state(self.world, without=MEANWHILE)

    async def close(self) -> None:
        """No process of this life goes on."""
        for process in list(self._running):
            process.kill()
            await asyncio.to_thread(process.communicate)
        context = self.world.context
        for stored in context.connections.all():
            lock = context.lock(stored.connection)
            until = time.monotonic() + PATIENCE
            while lock.is_held() and time.monotonic() < until:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@asynccontextmanager
async def life(scenario: Scenario) -> AsyncIterator[Life]:
    """A new world in which the scenario begins."""
    async with lab() as world:
        living = Life(world, scenario)
        try:
            await scenario.populate(world)
            yield living
        finally:
            await living.close()


async def undisturbed(scenario: Scenario) -> tuple[Calm, list[str]]:
    """The scenario as it should be."""
    calm = Calm({})
    async with life(scenario) as living:
        for act in scenario.acts:
            await living.prepare(act)
            began = time.monotonic()
            code = await living.calm(act)
            if code not in act.done:
                living.troubles.append(f"{' '.join(act.words)} ended with {code}")
            if act.started:
                await living._run_of(act)
            calm.seconds.append(time.monotonic() - began)
            calm.reads.append(living.reads(act))
            calm.requests.append(len(await living.world.requests()))
        calm.state = await living.finish()
        return calm, living.troubles


async def killed(
    name: str,
    scenario: Scenario,
    calm: Calm,
    draw: random.Random,
    figures: Figures,
) -> None:
    """The scenario with a signal in each command."""
    kills: list[str] = []
    async with life(scenario) as living:
        for number, act in enumerate(scenario.acts):
            await living.prepare(act)
            kill = draw.choice(OFTEN)
            if act.is_run and act.writes and draw.random() < AIMED:
                kill = draw.choice(("SIGKILL", "SIGKILL", "SIGTERM"))
                kills.append(f"{kill} in {act.words[0]} at its first write")
                figures.tally("signals", f"{kill} at a write")
                is_done = await living.aimed(act, kill)
                living.troubles += miscounted(living.world)
                if not is_done:
                    await living.continued(act)
                living.count(act, calm.reads[number])
                continue
            is_now, delay, when = _instant(draw, calm, number)
            kills.append(f"{kill} in {act.words[0]} {when}")
            figures.tally("signals", kill)
            is_done = await living.disturbed(act, kill, is_now, delay)
            if not act.started:
                living.troubles += miscounted(living.world)
            if not is_done:
                await living.continued(act)
            if act.started:
                await living._run_of(act)
            living.count(act, calm.reads[number])
        state = await living.finish()
        wrong = [*living.troubles, *differences(state, calm.state)]
    for _ in kills[:-1]:
        figures.held(name)
    if wrong and not living.troubles and is_in_flight(wrong, len(kills)):
        figures.excepted(name, *IN_FLIGHT)
    elif wrong:
        figures.failed(name, f"{kills}: {wrong[:6]}")
    else:
        figures.held(name)


def is_in_flight(wrong: Sequence[str], kills: int) -> bool:
    """Whether all that differs is what `IN_FLIGHT` allows: of one person a signal at the most, the
    home does not know whose unsubscription it was, and they were not put back on the list."""
    people = {found[0] for line in wrong if (found := _ADDRESS.search(line))}
    known = all(_OF_LEAVING.match(line) for line in wrong)
    back = [line for line in wrong if line.startswith("contacts: has") and '"3": 1' in line]
    return known and not back and len(people) <= kills


def _instant(
    draw: random.Random, calm: Calm, number: int
) -> tuple[Callable[[float, int], bool], float, str]:
    """When the signal is sent: at a request, or after a time, each within the calm command's."""
    requests, seconds = calm.requests[number], calm.seconds[number]
    if requests and draw.random() < 0.8:
        wanted, delay = draw.randrange(1, requests + 1), draw.random() ** 3 * 0.1
        return (lambda _, seen: seen >= wanted), delay, f"at request {wanted} + {delay:.3f} s"
    wait = draw.uniform(0.1, 1.1) * seconds
    return (lambda passed, _: passed >= wait), 0.0, f"after {wait:.2f} s"


def durable(figures: Figures) -> None:
    """What no kill of a process can show: a file is on the disk before it takes the old one's
    place, and a commit of the ledger before it is acknowledged."""
    done: list[str] = []
    fsync, replaced = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        done.append("fsync")
        fsync(descriptor)

    def moved(path: Path, target: Path) -> Path:
        done.append("replace")
        return replaced(path, target)

    with tempfile.TemporaryDirectory() as place:
        with patch("os.fsync", synced), patch.object(Path, "replace", moved):
            SettingsFile(Home.open({"ACTUI_HOME": place})).save(Settings())
        last = len(done) - done[::-1].index("replace") - 1
        is_safe = "fsync" in done[:last] and "fsync" in done[last:]
        with open_ledger(Path(place) / "ledger.db") as ledger:
            (level,) = ledger.database.connection.execute("PRAGMA synchronous").fetchone()
    if is_safe and level >= FULL:
        figures.held("on the disk before it is said")
    else:
        figures.failed("on the disk before it is said", f"{done}, synchronous = {level}")


async def play(given: Budget, figures: Figures) -> None:
    """All scenarios in turn until the budget is spent, some at once: they wait most of the time."""
    chosen = [name for name in SCENARIOS if given.only in name]
    calm: dict[str, asyncio.Task[Calm]] = {}
    lives = iter(range(10**6))
    done = 0

    async def once(name: str) -> Calm:
        found, troubles = await undisturbed(SCENARIOS[name])
        if troubles:
            figures.failed(f"{name}, undisturbed", "; ".join(troubles))
        return found

    async def worker() -> None:
        nonlocal done
        while not given.is_spent(done):
            number = next(lives)
            name = chosen[number % len(chosen)]
            done += len(SCENARIOS[name].acts)
            if name not in calm:
                calm[name] = asyncio.create_task(once(name))
            # each life has a source of its own, whatever the order in which they end
            draw = random.Random(f"{given.seed} {number}")
            await killed(name, SCENARIOS[name], await calm[name], draw, figures)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 where an end state differs."""
    about = "Kill the program at random instants, continue it, compare the end."
    given = budget(argv, "chaos", about, count=200, counts="signals", only="scenario")
    figures = Figures("chaos", given.seed)
    figures.exceptions |= NOT_COMPARED
    durable(figures)
    asyncio.run(play(given, figures))
    return figures.ended(as_json=given.as_json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
