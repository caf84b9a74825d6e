"""What a command loads, and that each ends in an interpreter as other tests see it end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from store.home import Home as UsersHome
from tests.long_cases import mostly_long
from tests.process import forked
from tests.process.commands.test_damaged_home import COMMANDS
from tests.process.e2e.processes import ACTUI, Home
from tests.process.e2e.test_main_job import demo_connection

TELL = (
    "import sys; from actui.cli import main; code = main(sys.argv[1:]);"
    "print('LOADED', code, *sorted(n for n in sys.modules if '.' not in n))"
)

TELL_AT_EXIT = (
    "import atexit, sys; from actui.cli import main;"
    "atexit.register(lambda: print('LOADED', 0, *sys.modules)); main(sys.argv[1:])"
)


def loaded(out: str) -> tuple[str, set[str]]:
    """The exit code and the top-level modules of a command run by `TELL`."""
    words = out.splitlines()[-1].split()
    assert words[0] == "LOADED"
    return words[1], set(words[2:])


async def test_a_run_never_imports_textual(tmp_path: Path) -> None:
    async with Sandbox(SandboxOptions(contacts=20, profiles=20, limits="off")) as sandbox:
        home = Home(tmp_path, sandbox.ready, demo_connection())
        await home.apply()
        done = await home.python(TELL, "run", home.name, "--json")
    code, modules = loaded(done.stdout)
    assert code == "0", done.stderr
    assert "httpx" in modules
    assert modules & {"textual", "screens", "keyring"} == set()


def test_the_version_costs_next_to_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", TELL_AT_EXIT, "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    _, modules = loaded(done.stdout)
    heavy = {"textual", "httpx", "pydantic", "tinydb", "yaml", "starlette", "asyncio"}
    assert modules & heavy == set()


EACH = {words[0]: words for words in COMMANDS}
NOW = [EACH[name] for name in ("list", "run", "secret", "doctor")]


@pytest.mark.parametrize("words", mostly_long(EACH.values(), NOW), ids=" ".join)
def test_every_command_ends_as_in_a_forked_process(
    words: list[str], home: UsersHome, tmp_path: Path
) -> None:
    """Most tests fork their commands from a process that has loaded the program (`forked`)."""
    other = tmp_path / "other"
    shutil.copytree(home.root, other)
    alone = subprocess.run([*ACTUI, *words], capture_output=True, text=True, check=False)
    again = forked.run(*words, environ={**os.environ, "ACTUI_HOME": str(other)})
    for done in (alone, again):
        assert "Traceback" not in done.stderr
    printed = [(bool(one.stdout), bool(one.stderr)) for one in (alone, again)]
    assert (alone.returncode, printed[0]) == (again.returncode, printed[1])


def test_commands_that_end_at_once_keep_their_exit_codes() -> None:
    def code(words: tuple[str, ...]) -> int:
        return forked.run(*words).returncode

    many = [("--version",), ("no-such-command",)] * 60
    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(code, many)) == [0, 2] * 60
