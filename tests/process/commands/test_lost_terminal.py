"""A run comes to its end whatever becomes of the terminal or the pipe that it was started on."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from actui import exitcodes
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from tests.process.commands.test_bad_input import edited
from tests.process.e2e.processes import ACTUI, Control, Home, control_of
from tests.process.e2e.test_main_job import demo_connection
from tests.ui.screens.terminals import Terminal

ME = "/api/3/users/me"


@pytest.fixture
async def control() -> AsyncIterator[tuple[Sandbox, Control]]:
    few = SandboxOptions(contacts=30, profiles=30, limits="off")
    async with Sandbox(few) as sandbox, control_of(sandbox.ready) as port:
        yield sandbox, port


@pytest.fixture
async def home(control: tuple[Sandbox, Control], tmp_path: Path) -> Home:
    home = Home(tmp_path, control[0].ready, demo_connection())
    await home.apply()
    return home


async def held(control: Control, start: Callable[[], object]) -> object:
    """Start something that runs the connection, and let the run wait for its first answer."""
    await control.post("/faults", service="activecampaign", method="*", path=ME, kind="hold")
    before = await arrived(control)
    started = await asyncio.to_thread(start)
    while await arrived(control) == before:  # noqa: ASYNC110  the sandbox tells nobody
        await asyncio.sleep(0.02)
    return started


async def arrived(control: Control) -> int:
    """How often a run has asked whose key it has, which it does first."""
    return sum(row["count"] for row in await control.requests() if ME in row["path"])


async def last_run(home: Home) -> tuple[str, bool]:
    """The state of the latest run once it has one that is final, and whether all went well."""
    while True:
        done = await home.command("runs", home.name, "--json", "--limit", "1")
        run = json.loads(done.stdout)
        if run["state"] not in ("STARTING", "RUNNING", "STOPPING"):
            return run["state"], run["ok"]
        await asyncio.sleep(0.05)  # for the processor's sake: asking is work


@pytest.mark.parametrize("command", ["run", "retry"])
async def test_a_terminal_that_is_closed(
    command: str, home: Home, control: tuple[Sandbox, Control]
) -> None:
    is_again = command == "retry"
    if is_again:  # the one person whom ActiveCampaign rejects, which fails the goal
        assert (await home.run())["ok"]
    arguments = [command, home.name, *(["--outcome", "rejected"] if is_again else [])]
    terminal = await held(control[1], lambda: Terminal(home.environ, *arguments))
    assert isinstance(terminal, Terminal)
    with terminal:
        terminal.hang_up()
        await control[1].post("/release")
        ended = await asyncio.to_thread(terminal.process.wait)
    assert ended == (exitcodes.GOALS_FAILED if is_again else exitcodes.OK)
    assert await last_run(home) == ("FINISHED", not is_again)


@pytest.mark.parametrize("words", [(), ("--json",)])
@pytest.mark.parametrize("lost", ["stdout", "both", "hang-up signal"])
async def test_pipes_that_nobody_reads(
    lost: str, words: tuple[str, ...], home: Home, control: tuple[Sandbox, Control]
) -> None:
    process = await held(control[1], lambda: home.start("run", home.name, *words))
    assert isinstance(process, subprocess.Popen)
    for stream in (process.stdout, process.stderr)[: {"stdout": 1, "both": 2}.get(lost, 0)]:
        stream.close()
    if lost == "hang-up signal":
        process.send_signal(signal.SIGHUP)
    await control[1].post("/release")
    assert await asyncio.to_thread(process.wait) == exitcodes.OK
    for stream in (process.stdout, process.stderr):
        stream.close()
    assert await last_run(home) == ("FINISHED", True)


async def test_a_line_that_hangs_does_not_hold_up_the_run(
    home: Home, control: tuple[Sandbox, Control]
) -> None:
    master, slave = pty.openpty()
    termios.tcflow(slave, termios.TCOOFF)
    words = [*ACTUI, "run", home.name]
    on_it = {"stdin": slave, "stdout": slave, "stderr": slave}
    process = await asyncio.to_thread(subprocess.Popen, words, env=home.environ, **on_it)
    try:
        while True:
            done = await home.command("runs", home.name, "--json")
            if done.stdout and json.loads(done.stdout)["state"] == "FINISHED":
                break
            await asyncio.sleep(0.05)
    finally:
        termios.tcflow(slave, termios.TCOON)
        os.close(slave)
        os.close(master)
        assert await asyncio.to_thread(process.wait) == exitcodes.OK


async def test_a_scheduler_whose_terminal_is_closed_leaves_its_run_going(
    home: Home, control: tuple[Sandbox, Control]
) -> None:
    edited(home, schedule={"type": "times-per-day", "times": 1})
    await home.apply()
    terminal = await held(control[1], lambda: Terminal(home.environ, "schedule"))
    assert isinstance(terminal, Terminal)
    with terminal:
        terminal.hang_up()
        await asyncio.to_thread(terminal.process.wait)
    await control[1].post("/release")
    assert await last_run(home) == ("FINISHED", True)


@pytest.mark.parametrize("words", [["list"], ["paths"], ["no-such-command"], ["list", "--json"]])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_command_whose_output_goes_nowhere_ends_quietly(
    words: list[str], is_terminal: bool, tmp_path: Path
) -> None:
    reading, writing = pty.openpty() if is_terminal else os.pipe()
    os.close(reading)
    code = "import sys; from actui.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "ACTUI_HOME": str(tmp_path)},
        stdout=writing,
        stderr=writing,
        check=False,
    )
    os.close(writing)
    assert done.returncode in (exitcodes.OK, exitcodes.USAGE)
