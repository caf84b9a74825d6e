"""A sandbox and the engine in one process, over real HTTP: small worlds, many runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

from actui.context.context import AppContext
from actui.context.run_factory import RunFactory
from actui.model.connection import Connection
from actui.model.document import load
from actui.model.run import RunSummary
from actui.model.settings import Settings
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from actui.sync.run.goal_run import Options
from store.settings import SettingsFile
from tests.canary import leaks_in
from tests.process import forked

Row = dict[str, Any]
NAME = "Lab"


class Lab:
    """One sandbox, one home; `apply` takes goals as a connection file has them."""

    def __init__(self, sandbox: Sandbox, control: httpx.AsyncClient, place: Path) -> None:
        self.sandbox = sandbox
        self.ready: Row = sandbox.ready
        ready = self.ready
        self.control = control
        self.place = place
        prefix = f"ACTUI_SECRET_{NAME.upper()}"
        self.environ = {
            "ACTUI_HOME": str(place),
            f"{prefix}_ACTIVECAMPAIGN_API_KEY": ready["activecampaign"]["api_key"],
            f"{prefix}_BLUECONIC_CLIENT_SECRET": ready["blueconic"]["client_secret"],
        }
        settings = Settings(requests_per_second=2_000, request_seconds=1, settle_seconds=1)
        SettingsFile(self.context.home).save(settings)

    @property
    def context(self) -> AppContext:
        """The home, opened anew as a new process would."""
        return AppContext.open(self.environ)

    def apply(self, *goals: Row, **more: Any) -> Connection:
        """Store the connection with these goals."""
        connection = {
            "name": NAME,
            "enabled": True,
            "activecampaign": {"url": self.ready["activecampaign"]["url"]},
            "blueconic": {
                "url": self.ready["blueconic"]["url"],
                "client_id": self.ready["blueconic"]["client_id"],
            },
            "goals": list(goals),
            **more,
        }
        # JSON is YAML, and never has an anchor where two goals share a list
        text = json.dumps({"version": 1, "connection": connection})
        return self.context.connections.save(load(text, NAME)).connection

    async def run(self, **options: Any) -> RunSummary:
        """One run to its end."""
        context = self.context
        connection = context.connections.find(NAME).connection
        async with RunFactory(context).engine(connection, Options(**options)) as engine:
            return await engine.execute()

    def start(self, *words: str) -> forked.Forked:
        """`actui run` in a process of its own, so that it can be killed."""
        environ = {**os.environ, **self.environ}
        return forked.start("run", NAME, "--json", *words, environ=environ)

    async def command(self, *words: str) -> str:
        """What a command in a process of its own prints; it must succeed."""
        environment = {**os.environ, **self.environ}
        done = await asyncio.to_thread(forked.run, *words, environ=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def until(self, holds: Callable[[list[Row]], bool]) -> None:
        """Wait until the log of requests is as somebody wants it."""
        while not holds(await self.requests()):  # noqa: ASYNC110  the sandbox tells nobody
            await asyncio.sleep(0.002)

    async def arrived(self, method: str, path: str, count: int = 1) -> None:
        """Wait until so many requests of a kind have reached the sandbox."""
        await self.until(
            lambda log: sum(r["method"] == method and r["path"] == path for r in log) >= count
        )

    async def lines(self, path: str) -> list[Row]:
        """`/contacts`, `/profiles` or another listing of the control port."""
        return [json.loads(line) for line in (await self.control.get(path)).text.splitlines()]

    async def requests(self) -> list[Row]:
        """Every request since the sandbox began or `forget`."""
        found: list[Row] = (await self.control.get("/requests")).json()
        return found

    async def forget(self) -> None:
        """Empty the log of requests."""
        await self.control.delete("/requests")

    async def post(self, path: str, /, **body: Any) -> Any:
        """Move a lever of the control port."""
        answer = await self.control.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def contact(self, **values: Any) -> int:
        """A new contact; its id."""
        change = {"service": "activecampaign", "op": "create", "set": values}
        return int((await self.post("/mutate", **change))["id"])

    async def profile(self, **values: Any) -> str:
        """A new profile; its id."""
        change = {"service": "blueconic", "op": "create", "set": values}
        return str((await self.post("/mutate", **change))["id"])

    async def fault(self, kind: str, path: str, /, **more: Any) -> None:
        """The next request to a path goes wrong."""
        await self.post("/faults", kind=kind, path=path, **more)

    async def properties(self) -> dict[str, dict[str, list[str]]]:
        """Every profile's properties by its first e-mail address, else by its id."""
        rows = await self.lines("/profiles")
        return {
            (row["properties"].get("email") or [row["id"]])[0]: row["properties"] for row in rows
        }


@contextlib.asynccontextmanager
async def lab(**options: Any) -> AsyncIterator[Lab]:
    """An empty world, without limits unless `options` say otherwise."""
    chosen = {"contacts": 0, "profiles": 0, "limits": "off", **options}
    chosen["switches"] = {"batch-speed": "fast", **chosen.get("switches", {})}
    with tempfile.TemporaryDirectory(prefix="actui-lab-") as place:
        async with (
            Sandbox(SandboxOptions(**chosen)) as sandbox,
            httpx.AsyncClient(
                base_url=sandbox.ready["control"]["url"], timeout=30, verify=False
            ) as control,
        ):
            yield Lab(sandbox, control, Path(place))
        # the folder is gone before the suite's end
        assert not (leaks := list(leaks_in(Path(place)))), leaks
