"""The program as its users start it: processes of their own, each with a home of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.process import forked

ACTUI = (sys.executable, "-P", "-m", "actui")


@contextmanager
def sandbox_process(*words: str) -> Iterator[dict[str, Any]]:
    """`actui sandbox` until the block ends; its ready line."""
    process = forked.start("sandbox", *words)
    assert process.stdout is not None
    with process.stdout as printed:
        try:
            yield json.loads(printed.readline())
        finally:
            process.terminate()
            process.wait(10)


class Home:
    """A throw-away home with one connection to a sandbox."""

    def __init__(self, place: Path, ready: dict[str, Any], connection: dict[str, Any]) -> None:
        self.place = place
        self.ready = ready
        self.name = connection["name"]
        connection = {
            "timezone": "UTC",
            **connection,
            "activecampaign": {"url": ready["activecampaign"]["url"]},
            "blueconic": {
                "url": ready["blueconic"]["url"],
                "client_id": ready["blueconic"]["client_id"],
            },
        }
        self.file = place / "connection.yaml"
        self.file.write_text(yaml.safe_dump({"version": 1, "connection": connection}))
        prefix = f"ACTUI_SECRET_{self.name.upper()}"
        self.environ = {
            **os.environ,
            "ACTUI_HOME": str(place / "home"),
            f"{prefix}_ACTIVECAMPAIGN_API_KEY": ready["activecampaign"]["api_key"],
            f"{prefix}_BLUECONIC_CLIENT_SECRET": ready["blueconic"]["client_secret"],
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command of the program, started."""
        return subprocess.Popen(
            [*ACTUI, *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the program, to its end."""
        return await asyncio.to_thread(forked.run, *words, environ=self.environ)

    async def python(self, code: str, *words: str) -> subprocess.CompletedProcess[str]:
        """A Python program with the home's environment, to its end."""
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-P", "-c", code, *words],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    async def apply(self) -> None:
        """Take the connection's file into the home."""
        done = await self.command("apply", str(self.file))
        assert done.returncode == 0, done.stderr

    async def run(self, *words: str) -> dict[str, Any]:
        """`actui run --json`; the summary that ends its output."""
        done = await self.command("run", self.name, "--json", *words)
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        found["exit"] = done.returncode
        return found


class Control:
    """The sandbox's control port."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def lines(self, path: str) -> list[dict[str, Any]]:
        """A listing of one JSON object a line."""
        answer = await self._http.get(path)
        return [json.loads(line) for line in answer.text.splitlines()]

    async def requests(self) -> list[dict[str, Any]]:
        """How often each kind of request was answered with each status."""
        found: list[dict[str, Any]] = (await self._http.get("/requests?summary=1")).json()
        return found

    async def post(self, path: str, /, **body: Any) -> Any:
        """Move a lever."""
        answer = await self._http.post(path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def hold_contacts(self) -> None:
        """Let a run wait in the middle, for the second page of its contacts, until `/release`."""
        path = "/api/3/contacts"
        fault = {"service": "activecampaign", "method": "GET", "path": path, "kind": "hold"}
        await self.post("/faults", **fault, times=1, after=1)


@asynccontextmanager
async def control_of(ready: dict[str, Any]) -> AsyncIterator[Control]:
    """The control port of a running sandbox."""
    async with httpx.AsyncClient(
        base_url=ready["control"]["url"], timeout=30, verify=False
    ) as http:
        yield Control(http)
