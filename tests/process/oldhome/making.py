"""What writes an old home: a sandbox for each connection, and the program's own commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import yaml

from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox

ACTUI = (sys.executable, "-P", "-m", "actui")
BULK, PUT = "/api/3/import/bulk_import", "/rest/v2/profiles"
NEWSLETTER, WEBINAR, VIP, OFFERS, CLUB = "3", "4", "5", "6", "7"
READERS, VISITORS = "Newsletter readers", "Webinar visitors"
ACTIVE, UNSUBSCRIBED = 1, 2
HOST, USER = "console.example.com", "analyst"
EMAIL_LINK = [{"field": "email", "property": "email"}]

ZERO_WIDTH, SOFT_HYPHEN, NO_BREAK = "\u200b", "\u00ad", "\u00a0"
FORGOTTEN = "zoë.brontë@example.com"
FORGOTTEN_PLAIN = "Plain.Person@Example.com"
FORGOTTEN_DOMAIN = "käthe@bücher.example.com"

Row = dict[str, Any]


class World:
    """One connection's sandbox."""

    def __init__(self, name: str, sandbox: Sandbox, control: httpx.AsyncClient) -> None:
        self.name, self.sandbox, self.control = name, sandbox, control

    async def post(self, path: str, /, **body: Any) -> Any:
        answer = await self.control.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def mutate(self, service: str, op: str, **more: Any) -> str:
        found = await self.post("/mutate", service=service, op=op, **more)
        return str(found.get("id", ""))

    async def contact(self, email: str, lists: dict[str, int] | None = None, **values: Any) -> str:
        facts = {"email": email, "lists": lists or {}, **values}
        return await self.mutate("activecampaign", "create", set=facts)

    async def profile(
        self, *emails: str, segments: tuple[str, ...] = (), zone: str = "", **properties: Any
    ) -> str:
        held = {name: v if isinstance(v, list) else [str(v)] for name, v in properties.items()}
        values: Row = {"properties": {"email": list(emails), **held}, "segments": list(segments)}
        if zone:
            values["privacyLegislation"] = zone
        return await self.mutate("blueconic", "create", set=values)

    async def update(self, profile: str, **properties: list[str]) -> None:
        await self.mutate("blueconic", "update", id=profile, set={"properties": properties})

    async def fault(self, kind: str, path: str, **more: Any) -> None:
        await self.post("/faults", kind=kind, path=path, **more)

    async def mend(self) -> None:
        await self.control.delete("/faults")

    async def later(self, seconds: float = 60) -> None:
        await self.post("/clock", advance=seconds)

    async def log(self) -> list[Row]:
        found: list[Row] = (await self.control.get("/requests")).json()
        return found

    async def until(self, holds: Callable[[list[Row]], bool]) -> None:
        while not holds(await self.log()):  # noqa: ASYNC110  the sandbox tells nobody
            await asyncio.sleep(0.005)

    async def seen(self, method: str, path: str, count: int = 1) -> None:
        await self.until(
            lambda log: (
                sum(r["method"] == method and r["path"].partition("?")[0] == path for r in log)
                >= count
            )
        )

    async def forget_requests(self) -> None:
        await self.control.delete("/requests")

    async def lines(self, path: str) -> list[Row]:
        return [json.loads(line) for line in (await self.control.get(path)).text.splitlines()]


class Maker:
    """The home, and its commands."""

    def __init__(self, place: Path) -> None:
        self.place, self.home = place, place / "home"
        self.worlds: dict[str, World] = {}
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", str(Path.cwd())),
            "ACTUI_HOME": str(self.home),
            "LOGNAME": USER,
            "LANG": "C.UTF-8",
        }

    @contextlib.asynccontextmanager
    async def world(self, name: str, **switches: str) -> AsyncIterator[World]:
        """A sandbox without anybody, whose state is kept at the end."""
        options = SandboxOptions(
            contacts=0,
            profiles=0,
            limits="off",
            switches={"batch-speed": "fast", **switches},
            state=self.place / f"{name}.world",
        )
        async with Sandbox(options) as sandbox:
            url = sandbox.ready["control"]["url"]
            async with httpx.AsyncClient(base_url=url, verify=False, timeout=60) as control:
                ready = sandbox.ready
                prefix = f"ACTUI_SECRET_{name.upper()}"
                self.environ[f"{prefix}_ACTIVECAMPAIGN_API_KEY"] = ready["activecampaign"][
                    "api_key"
                ]
                self.environ[f"{prefix}_BLUECONIC_CLIENT_SECRET"] = ready["blueconic"][
                    "client_secret"
                ]
                self.worlds[name] = World(name, sandbox, control)
                yield self.worlds[name]

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*ACTUI, *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def actui(
        self, *words: str, exits: tuple[int, ...] = (0,), stdin: str | None = None
    ) -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            [*ACTUI, *words],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            input=stdin,
        )
        assert done.returncode in exits, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    async def run(self, *words: str, exits: tuple[int, ...] = (0, 1)) -> Row:
        out = await self.actui("run", *words, "--json", exits=exits)
        found: Row = json.loads(out.splitlines()[-1])
        for goal in found["goals"]:
            counts = {k: v for k, v in goal.items() if v and k not in ("requests", "seconds")}
            print("   ", words, found["state"], counts)
        return found

    async def apply(self, name: str, goals: list[Row], **more: Any) -> None:
        ready = self.worlds[name].sandbox.ready if name in self.worlds else None
        connection: Row = {"id": f"c-{name.lower()}", "name": name, "enabled": True, **more}
        if ready is not None:
            connection["activecampaign"] = {"url": ready["activecampaign"]["url"]}
            connection["blueconic"] = {
                "url": ready["blueconic"]["url"],
                "client_id": ready["blueconic"]["client_id"],
            }
        connection["goals"] = goals
        file = self.place / f"{name}.yaml"
        file.write_text(yaml.safe_dump({"version": 1, "connection": connection}), encoding="utf-8")
        await self.actui("apply", str(file))

    async def killed(self, run: subprocess.Popen[str]) -> None:
        run.kill()
        await asyncio.to_thread(run.communicate)
