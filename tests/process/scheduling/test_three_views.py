"""A console closed, a scheduler running, a run by hand: all show one run, each can stop it."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.long_cases import mostly_long
from tests.process.e2e.processes import Control, Home, control_of, sandbox_process
from tests.process.e2e.test_main_job import demo_connection
from tests.ui.screens.terminals import CTRL_Q, ENTER, F5, Terminal


@pytest.fixture
def ready() -> Iterator[dict[str, Any]]:
    with sandbox_process(
        "--contacts", "40", "--profiles", "40", "--limits", "off", "--switch", "batch-speed=fast"
    ) as line:
        yield line


@pytest.fixture
async def home(tmp_path: Path, ready: dict[str, Any]) -> Home:
    made = Home(
        tmp_path, ready, demo_connection() | {"schedule": {"type": "times-per-day", "times": 1}}
    )
    await made.apply()
    # on a machine that is busy the run may be held for long
    assert (await made.command("settings", "set", "request_seconds", "600")).returncode == 0
    return made


@pytest.fixture
async def control(ready: dict[str, Any]) -> AsyncIterator[Control]:
    async with control_of(ready) as made:
        yield made


async def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return await asyncio.to_thread(process.stdout.readline)


async def says(process: subprocess.Popen[str], words: str) -> None:
    """Wait until a process prints a line with these words."""
    while words not in (line := await line_of(process)):
        assert line, f"it ended without {words}"


async def turn_of(scheduler: subprocess.Popen[str]) -> dict[str, Any]:
    """The next thing that a scheduler says about a connection."""
    while "connection" not in (said := json.loads(await line_of(scheduler))):
        pass
    return dict(said)


async def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = await asyncio.to_thread(process.communicate)
    return process.returncode, out, err


async def is_running(home: Home) -> bool:
    return bool(json.loads((await home.command("list", "--json")).stdout)["running"])


async def until_running(home: Home) -> None:
    while not await is_running(home):  # noqa: ASYNC110  another process changes it
        await asyncio.sleep(0.05)  # for the processor's sake: asking is work


async def newest(home: Home) -> dict[str, Any]:
    done = await home.command("runs", home.name, "--json", "--limit", "1")
    return dict(json.loads(done.stdout))


def start_from_console(home: Home) -> None:
    """F5 in a console that is closed at once."""
    with Terminal(home.environ) as console:
        console.shows("Demo")
        console.press(ENTER)
        console.shows("Set up and run")
        console.press(F5)
        console.shows("Stop now")
        console.press(CTRL_Q)
        assert console.ended() == 0


def stop_from_console(home: Home) -> None:
    """A console opened later shows the run, and stops it."""
    with Terminal(home.environ) as console:
        console.shows("running")
        console.press(ENTER)
        console.shows("Set up and run")
        console.press(F5)
        console.shows("Stop now")
        console.press("S")
        console.shows("stopped")
        console.press(CTRL_Q)
        assert console.ended() == 0


@pytest.mark.parametrize("starter", mostly_long(["console", "hand", "schedule"], ["hand"]))
async def test_all_three_show_it_and_stop_it(starter: str, home: Home, control: Control) -> None:
    await control.hold_contacts()
    by_hand = home.start("run", home.name, "--json") if starter == "hand" else None
    if starter == "console":
        start_from_console(home)
    if starter != "schedule":
        # a process that was just started has yet to take its lock
        await until_running(home)
    scheduler = home.start("schedule", "--json")
    turn = await turn_of(scheduler)
    assert turn["done"] == ("started" if starter == "schedule" else "waits")

    await until_running(home)
    assert (await home.command("run", home.name)).returncode == 3
    watching, leaving = home.start("watch", home.name), home.start("watch", home.name)
    await says(watching, "running")
    await says(leaving, "running")
    leaving.send_signal(signal.SIGINT)
    code, _, said = await ended(leaving)
    assert (code, "the run goes on" in said) == (5, True)
    # a busy scheduler would go on with the run before the console has shown that it is stopped
    scheduler.send_signal(signal.SIGSTOP)
    stop_from_console(home)
    scheduler.send_signal(signal.SIGCONT)
    assert (await ended(watching))[0] == 5
    if by_hand is not None:
        assert (await ended(by_hand))[0] == 5

    if starter != "schedule":
        # what was due meanwhile has its turn now, and carries on where the run was stopped
        assert (await turn_of(scheduler))["done"] == "started"
        while (run := await newest(home))["state"] != "FINISHED":  # noqa: ASYNC110  as above
            await asyncio.sleep(0.05)
        assert run["ok"]
    scheduler.send_signal(signal.SIGTERM)
    code, _, said = await ended(scheduler)
    assert (code, said) == (0, "")
    assert not await is_running(home)
