"""Everything a person can get wrong ends in one sentence and its exit code, and writes nothing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from actui import exitcodes
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from tests.process.e2e.processes import Home
from tests.process.e2e.test_main_job import demo_connection

KEY = "ACTUI_SECRET_DEMO_ACTIVECAMPAIGN_API_KEY"
SECRET = "ACTUI_SECRET_DEMO_BLUECONIC_CLIENT_SECRET"
WRITES = ("/contacts", "/contact/sync", "/contactLists", "/import/bulk_import", "/profiles")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(SandboxOptions(contacts=60, profiles=60, limits="off")) as running:
        yield running


@pytest.fixture
async def home(sandbox: Sandbox, tmp_path: Path) -> Home:
    """A home with the demonstration's connection."""
    return Home(tmp_path, sandbox.ready, demo_connection())


def edited(home: Home, **connection: Any) -> None:
    """Put other values into the connection's file."""
    held = yaml.safe_load(home.file.read_text())
    held["connection"] |= connection
    home.file.write_text(yaml.safe_dump(held))


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def written(sandbox: Sandbox) -> list[str]:
    """The paths that were written to."""
    url = sandbox.ready["control"]["url"]
    async with httpx.AsyncClient(verify=False) as http:
        log = (await http.get(f"{url}/requests")).json()
    paths = [row["path"].partition("?")[0] for row in log if row["method"] != "GET"]
    return [path for path in paths if not path.endswith("/oauth/token")]


def one_sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What the command said, which is one line without a traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    said = done.stderr.strip()
    assert said.startswith("actui: ")
    assert "\n" not in said
    assert "Traceback" not in done.stdout + done.stderr
    return said


async def failed_run(home: Home) -> dict[str, Any]:
    """The only run in the history, which has failed."""
    done = await home.command("runs", home.name, "--json")
    (line,) = done.stdout.splitlines()
    run: dict[str, Any] = json.loads(line)
    assert (run["state"], run["ok"]) == ("FAILED", False)
    assert run["ended"]
    return run


@pytest.mark.parametrize(
    ("name", "about"),
    [(KEY, "ActiveCampaign"), (SECRET, "BlueConic")],
)
async def test_a_wrong_secret(home: Home, sandbox: Sandbox, name: str, about: str) -> None:
    await home.apply()
    home.environ[name] = "wrong"
    said = one_sentence(await home.command("run", home.name), exitcodes.CREDENTIALS)
    assert about in said
    assert "wrong" not in said
    assert (await failed_run(home))["message"] in said
    assert await written(sandbox) == []


@pytest.mark.parametrize("service", ["activecampaign", "blueconic"])
async def test_a_host_that_is_another_server(home: Home, sandbox: Sandbox, service: str) -> None:
    held = yaml.safe_load(home.file.read_text())["connection"][service]
    edited(home, **{service: {**held, "url": sandbox.ready["control"]["url"]}})
    await home.apply()
    said = one_sentence(await home.command("run", home.name), exitcodes.UNREACHABLE)
    assert "does not answer as" in said
    assert (await failed_run(home))["message"] in said
    assert await written(sandbox) == []


@pytest.mark.parametrize("service", ["activecampaign", "blueconic"])
async def test_a_service_that_cannot_be_reached(home: Home, sandbox: Sandbox, service: str) -> None:
    held = yaml.safe_load(home.file.read_text())["connection"][service]
    edited(home, **{service: {**held, "url": f"http://127.0.0.1:{closed_port()}"}})
    await home.apply()
    said = one_sentence(await home.command("run", home.name), exitcodes.UNREACHABLE)
    assert "could not be reached" in said
    assert (await failed_run(home))["message"] in said
    assert await written(sandbox) == []


async def test_an_unknown_list(home: Home, sandbox: Sandbox) -> None:
    home.file.write_text(home.file.read_text().replace("Webinar 2026", "Webinar 1926"))
    await home.apply()
    said = one_sentence(await home.command("run", home.name), exitcodes.USAGE)
    assert said == "actui: There is no ActiveCampaign list 'Webinar 1926'."
    assert (await failed_run(home))["message"] in said
    assert await written(sandbox) == []


async def test_an_unknown_key_names_its_line(home: Home, sandbox: Sandbox) -> None:
    text = home.file.read_text().replace("save_lists_to:", "save_list_to:")
    home.file.write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "save_list_to:" in row)
    done = await home.command("apply", str(home.file))
    said = one_sentence(done, exitcodes.USAGE)
    assert f"connection.yaml:{line}: unknown key 'save_list_to'" in said
    assert await written(sandbox) == []


async def test_a_second_run_at_the_same_time(home: Home, sandbox: Sandbox) -> None:
    await home.apply()
    url = sandbox.ready["control"]["url"]
    async with httpx.AsyncClient(verify=False) as http:
        fault = {"kind": "hold", "path": "/api/3/users/me"}
        await http.post(f"{url}/faults", json=fault)
        first = home.start("run", home.name)
        try:
            log: list[dict[str, Any]] = []
            while not any(row["path"] == "/api/3/users/me" for row in log):
                log = (await http.get(f"{url}/requests")).json()
            said = one_sentence(await home.command("run", home.name), exitcodes.BUSY)
            assert str(first.pid) in said
        finally:
            first.kill()
            first.communicate()
    assert await written(sandbox) == []


async def test_no_key_store_and_no_secret_anywhere(home: Home, sandbox: Sandbox) -> None:
    await home.apply()
    del home.environ[KEY]
    home.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    said = one_sentence(await home.command("run", home.name), exitcodes.CREDENTIALS)
    assert "ActiveCampaign API key" in said
    assert await written(sandbox) == []


async def test_a_connection_that_does_not_exist(home: Home) -> None:
    await home.apply()
    said = one_sentence(await home.command("run", "Demmo"), exitcodes.USAGE)
    assert "'Demmo'" in said
    assert home.name in said


@pytest.mark.parametrize("words", [["run"], ["run", "a", "--limit", "x"], ["no-such-command"]])
def test_a_command_line_that_makes_no_sense(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "actui", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == exitcodes.USAGE
    assert "Traceback" not in done.stderr
