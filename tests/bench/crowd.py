"""Many processes at once on one home: no lost update, no double run, no unreadable file.

`python -m tests.bench crowd [--count PROCESSES]`. Runs, retries, stops, `due`, `schedule`,
settings, switching on and off, files applied and saves as the console makes them are started at
the same time, in an order drawn by the seed. Each must end with a code of `CODES` and without a
traceback.
Afterwards every label that a save of a console reported as saved is there, every setting and every
applied connection too, no two runs of the connection overlapped, every Sum was added once, and
every file can be read.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.bench.chaos import KEYLESS
from tests.bench.endstate import unreadable
from tests.bench.figures import Budget, Figures, budget
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.processes import ACTUI
from tests.process.e2e.test_sums import goal, people, points

AT_ONCE = 10
"""Processes at the same time."""
PATIENCE = 600.0
SAVES = 5
"""Saves of each console."""
OTHER = "Other"
"""The connection that consoles and commands change; nobody runs it."""
CODES: dict[str, tuple[int, ...]] = {
    # done; or another run is going; or it was stopped
    "run": (0, 3, 5),
    # nobody to send, or sent; a run is going; the last run is to be continued first
    "retry": (0, 1, 2, 3, 5),
    # asked to stop; nothing is going
    "stop": (0, 1, 2),
    "due": (0,),
    "schedule": (0,),
    "settings": (0,),
    # somebody else saved in between
    "enable": (0, 2),
    "disable": (0, 2),
    "apply": (0,),
    "list": (0,),
    "runs": (0,),
    "doctor": (0, 1, 2),
    "console": (0,),
}
CONSOLE = """
import json, sys
from actui.model.errors import ConfigError
from actui.context.services import ConsoleServices
from actui.context.context import AppContext
mine, saves = sys.argv[1], int(sys.argv[2])
saved = []
with ConsoleServices(AppContext.open()) as services:
    while len(saved) < saves:
        stored = services.connections.find("Other")
        label = f"{mine}-{len(saved)}"
        labels = (*stored.connection.labels, label)
        changed = stored.connection.model_copy(update={"labels": labels})
        try:
            services.connections.save(changed, expected=stored.version)
        except ConfigError as wrong:
            if wrong.code != "changed-elsewhere":
                raise
        else:
            saved.append(label)
print(json.dumps(saved))
"""
"""What a console does that adds a label, and opens the connection anew when somebody was faster."""
SETTINGS = {
    "theme": ("nord", "dracula"),
    "request_seconds": (11, 12, 13),
    "settle_seconds": (1, 2, 3),
    "mail.host": ("mail.example.com", "smtp.example.com"),
    "colour": ("auto", "never"),
}


class Crowd:
    """One home and everybody who works on it at the same time."""

    def __init__(self, world: Lab, figures: Figures, draw: random.Random) -> None:
        self.world, self.figures, self.draw = world, figures, draw
        self.labels: list[str] = []
        self.applied: list[str] = []
        self.set: dict[str, set[Any]] = {}

    def words(self, kind: str, number: int) -> list[str]:
        """The command line of one process."""
        if kind == "console":
            return [sys.executable, "-P", "-c", CONSOLE, f"c{number}", str(SAVES)]
        if kind == "apply":
            return [*ACTUI, "apply", self._file(number)]
        if kind == "settings":
            key = self.draw.choice(list(SETTINGS))
            value = self.draw.choice(SETTINGS[key])
            self.set.setdefault(key, set()).add(value)
            return [*ACTUI, "settings", "set", key, str(value)]
        named = {"enable": OTHER, "disable": OTHER, "run": NAME, "retry": NAME, "stop": NAME}
        named["runs"] = NAME
        words = [*ACTUI, kind, *([named[kind]] if kind in named else [])]
        return [*words, *(["--offline"] if kind == "doctor" else [])]

    def _file(self, number: int) -> str:
        self.applied.append(f"Applied {number}")
        return self.file(self.applied[-1])

    def file(self, name: str) -> str:
        """A connection's file; its path."""
        file = self.world.place / f"{name}.yaml"
        connection = {"name": name, "labels": ["applied"]}
        file.write_text(yaml.safe_dump({"version": 1, "connection": connection}))
        file.chmod(0o600)
        return str(file)

    def _spawn(self, words: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words,
            env={**os.environ, **KEYLESS, **self.world.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def one(self, kind: str, number: int) -> None:
        """One process to its end."""
        process = self._spawn(self.words(kind, number))
        if kind == "schedule":
            await asyncio.sleep(self.draw.uniform(1.5, 4.0))
            process.terminate()
        try:
            out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.communicate)
            self.figures.failed(kind, "it hung")
            return
        code = process.returncode
        if kind == "schedule" and code < 0:
            code = 0  # it had not begun to listen for signals
        if "Traceback" in out + err or code not in CODES[kind]:
            self.figures.failed(kind, f"it ended with {code}: {(out + err)[-500:]}")
            return
        if kind == "console":
            self.labels += json.loads(out)
        self.figures.held(kind)
        self.figures.tally("exit codes", f"{kind} {code}")

    async def everybody(self, count: int, given: Budget) -> None:
        """So many processes, some at a time."""
        kinds = [kind for kind in CODES for _ in range(3 if kind in ("run", "console") else 1)]
        left = iter(range(count))
        begun = 0

        async def worker() -> None:
            nonlocal begun
            for number in left:
                if given.is_spent(begun):
                    return
                begun += 1
                await self.one(self.draw.choice(kinds), number)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))

    async def _second_start(self) -> list[str]:
        """A run is held at its first page of contacts while another one is started."""
        await self.world.forget()
        await self.world.fault("hold", "/api/3/contacts", method="GET", times=-1)
        first = self._spawn([*ACTUI, "run", NAME])
        await self.world.until(
            lambda log: (
                first.poll() is not None
                or any(row["path"].startswith("/api/3/contacts") for row in log)
            )
        )
        second = self._spawn([*ACTUI, "run", NAME])
        done = [asyncio.create_task(asyncio.to_thread(second.communicate))]
        _, waits = await asyncio.wait(done, timeout=PATIENCE / 10)
        await self.world.control.delete("/faults")
        await self.world.post("/release")
        await asyncio.gather(*done, asyncio.to_thread(first.communicate))
        codes = first.returncode, second.returncode
        return [] if codes == (0, 3) and not waits else [f"they ended with {codes}"]

    def check(self, what: str, wrong: Sequence[str]) -> None:
        """One more line of the table."""
        if wrong:
            self.figures.failed(what, "; ".join(wrong)[:900])
        else:
            self.figures.held(what)

    async def looked_at(self, totals: dict[str, list[str]]) -> None:
        """What must be there when everybody has gone."""
        context = self.world.context
        connection = context.connections.find(NAME).connection
        while still_working(self.world.place):  # noqa: ASYNC110  runs that `due` has started
            await asyncio.sleep(0.05)
        there = context.connections.find(OTHER).connection.labels
        lost = [f"{one} is lost" for one in self.labels if one not in there]
        self.check("every save of a console is kept", lost)
        names = {stored.connection.name for stored in context.connections.all()}
        missing = [f"{one} is lost" for one in self.applied if one not in names]
        self.check("every applied file is kept", missing)
        flat = context.settings.model_dump()
        kept = {key: flat["mail"]["host"] if key == "mail.host" else flat[key] for key in self.set}
        self.check(
            "every setting is kept",
            [f"{k} is {kept[k]}, not of {v}" for k, v in self.set.items() if kept[k] not in v],
        )
        runs = sorted(context.history(connection).all(), key=lambda run: run.started)
        both = [
            f"{one.run} until {one.ended} and {next_.run} from {next_.started}"
            for one, next_ in zip(runs, runs[1:], strict=False)
            if one.ended is not None and one.ended > next_.started and one.run != next_.run
        ]
        self.check("no two runs at a time", both)
        self.figures.notes["runs in the history"] = f"{len(runs)}"
        self.check("a second start is refused", await self._second_start())
        summary = await self.world.run()
        sums = [] if await points(self.world) == totals else [str(await points(self.world))]
        self.check("every Sum added once", sums + ([] if summary.ok else [str(summary)]))
        self.check("every file can be read", unreadable(self.world.place))


def still_working(home: Path) -> list[int]:
    """The processes of one home that have not ended: a run whose starter is gone has no parent."""
    mark = f"ACTUI_HOME={home}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return [process for process in found if process != os.getpid()]


async def play(given: Budget, figures: Figures) -> None:
    """One crowd."""
    draw = given.draw
    async with lab(latency_ms=15.0) as world:
        totals = await people(world)
        world.apply(goal(mode="full"), schedule={"type": "times-per-day", "times": 480})
        crowd = Crowd(world, figures, draw)
        await world.command("apply", crowd.file(OTHER))
        await crowd.everybody(given.count, given)
        await crowd.looked_at(totals)


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 where something was lost or doubled."""
    given = budget(
        argv, "crowd", "Many processes at once on one home.", count=120, counts="processes"
    )
    figures = Figures("crowd", given.seed)
    asyncio.run(play(given, figures))
    return figures.ended(as_json=given.as_json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
