"""An export over real HTTP: the sandbox in this process, the engine, and one clock for both.

Sleeping moves the clock, so nothing here waits for time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.api.activecampaign.rows import bulk_row_size
from actui.api.blueconic.client import BlueConicClient
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.api.retry import RetryPolicy
from actui.model.connection import Connection
from actui.model.run import GoalSummary, RunSummary
from actui.sandbox.clock import SandboxClock
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from actui.sync.erasure import Forgotten, no_one_erased
from actui.sync.run.engine import Engine, Ports
from actui.sync.run.goal_run import Options
from actui.sync.run.stop import POLL_SECONDS
from store.ledger import SqliteLedger, open_ledger

NEWSLETTER, WEBINAR, VIP = "3", "4", "5"
ACTIVE, UNSUBSCRIBED, UNCONFIRMED, BOUNCED = 1, 2, 0, 3
READERS, VISITORS = "Newsletter readers", "Webinar visitors"
EMAIL_LINK = [{"field": "email", "property": "email"}]
NAME_ONLY = [{"from": {"property": "first_name"}, "field": "firstName"}]


class OneClock:
    """The sandbox's time as the engine's: whoever sleeps moves it."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def monotonic(self) -> float:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        if seconds == POLL_SECONDS:  # only looks for a wish to stop, beside the work
            await asyncio.sleep(0.05)
            return
        # whatever is on its way arrives before time passes
        await asyncio.sleep(0.01)
        self._clock.advance(seconds)


class Desk:
    """A connection of export goals, its ledger, and levers on both services."""

    def __init__(self, sandbox: Sandbox, place: Path, control: httpx.AsyncClient) -> None:
        self.sandbox = sandbox
        self.clock = OneClock(sandbox.clock)
        self.place = place
        self.control = control
        self.claims: dict[int, set[int] | None] = {}
        self.is_paced = False
        """Whether the account's real limits are kept, in the clock's time."""
        self.policy = RetryPolicy(attempts=2, seconds=5.0)
        self.kept: Connection | None = None
        self.forgotten: Forgotten = no_one_erased

    def connection(self, *goals: dict[str, Any], **more: Any) -> Connection:
        facts = {
            "id": "c-1",
            "name": "Desk",
            "enabled": True,
            "activecampaign": {"url": self.sandbox.ready["activecampaign"]["url"]},
            "blueconic": {
                "url": self.sandbox.ready["blueconic"]["url"],
                "client_id": self.sandbox.ready["blueconic"]["client_id"],
            },
            "goals": [self.goal(**goal) for goal in goals] or [self.goal()],
        }
        return Connection.model_validate({**facts, **more})

    @staticmethod
    def goal(**more: Any) -> dict[str, Any]:
        facts = {
            "kind": "export",
            "id": "g-1",
            "name": "Readers",
            "segment": READERS,
            "identifiers": EMAIL_LINK,
            "mappings": NAME_ONLY,
            "lists": ["Newsletter"],
        }
        return {**facts, **more}

    def ledger(self) -> SqliteLedger:
        return open_ledger(self.place / "ledger.db")

    async def run(self, connection: Connection, **options: Any) -> RunSummary:
        """One run to its end, or to where it is cut off."""
        with self.ledger() as ledger:
            async with self.engine(connection, ledger, **options) as engine:
                return await engine.execute()

    async def go_on(self) -> GoalSummary:
        """The same connection again, as the first run has kept it: continues what was cut off."""
        assert self.kept is not None
        return (await self.run(self.kept)).goals[0]

    @asynccontextmanager
    async def held(
        self,
        connection: Connection,
        method: str,
        path: str,
        *,
        after: int = 0,
        kind: str = "hold",
    ) -> AsyncIterator[None]:
        """A run that dies while a request, after some of its kind, meets a fault."""
        await self.fault(kind, f".*{path}", method=method, after=after)
        task = asyncio.create_task(self.run(connection))
        await self.arrived(method, path, after + 1)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        yield

    async def arrived(self, method: str, path: str, count: int) -> None:
        """Return once so many requests of a kind have arrived."""
        while await self.requests(method, path) < count:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.01)

    async def export(self, *goals: dict[str, Any], **options: Any) -> GoalSummary:
        """One run of one goal; its summary."""
        return (await self.run(self.connection(*goals), **options)).goals[0]

    @asynccontextmanager
    async def engine(
        self, connection: Connection, ledger: SqliteLedger, **options: Any
    ) -> AsyncIterator[Engine]:
        async with self.ports(ledger) as ports:
            yield Engine(connection, ports, Options(**options), 1)

    @asynccontextmanager
    async def ports(self, ledger: SqliteLedger) -> AsyncIterator[Ports]:
        ready, policy = self.sandbox.ready, self.policy
        pace, bulk_pace = (
            RateLimiter(rate=1e6),
            BulkRateLimiter(per_minute=1e9, single_per_minute=1e9),
        )
        if self.is_paced:
            ours = {"clock": self.clock.monotonic, "sleep": self.clock.sleep}
            pace, bulk_pace = RateLimiter(rate=5.0, **ours), BulkRateLimiter(**ours)
        async with httpx.AsyncClient(verify=False, timeout=20) as http:
            campaign = ActiveCampaignClient(
                ready["activecampaign"]["url"],
                SecretStr(ready["activecampaign"]["api_key"]),
                pace=pace,
                bulk_pace=bulk_pace,
                http=http,
                policy=policy,
            )
            blueconic = BlueConicClient(
                ready["blueconic"]["url"],
                ready["blueconic"]["client_id"],
                SecretStr(ready["blueconic"]["client_secret"]),
                http=http,
                policy=policy,
            )
            yield Ports(
                activecampaign=campaign,
                blueconic=blueconic,
                ledger=ledger,
                clock=self.clock,
                row_size=bulk_row_size,
                save=lambda summary: None,
                keep=self._keep,
                claims=self._claimed,
                settle_seconds=60.0,
                forgotten=self.forgotten,
            )

    def _keep(self, connection: Connection) -> None:
        self.kept = connection

    def _claimed(self, list_id: int, contacts: Iterable[int]) -> set[int] | None:
        claimed = self.claims.get(list_id, set())
        return None if claimed is None else claimed & set(contacts)

    # levers

    async def post(self, path: str, /, **body: Any) -> Any:
        answer = await self.control.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def switch(self, **readings: str) -> None:
        await self.post("/switches", **{k.replace("_", "-"): v for k, v in readings.items()})

    async def fault(self, kind: str, where: str, **more: Any) -> None:
        await self.post("/faults", kind=kind, path=where, **more)

    async def mutate(self, service: str, op: str, **more: Any) -> str:
        found = await self.post("/mutate", service=service, op=op, **more)
        return str(found.get("id", ""))

    async def profile(self, *emails: str, segments: Iterable[str] = (READERS,), **more: Any) -> str:
        """A profile with these addresses in these segments; `more` are its properties."""
        properties = {name: [str(value)] for name, value in more.items()}
        values = {"properties": {"email": list(emails), **properties}, "segments": list(segments)}
        return await self.mutate("blueconic", "create", set=values)

    async def change(self, profile: str, **properties: list[str]) -> None:
        await self.mutate("blueconic", "update", id=profile, set={"properties": properties})

    async def contact(self, email: str, lists: dict[str, int] | None = None, **values: Any) -> str:
        facts = {"email": email, "lists": lists or {}, **values}
        return await self.mutate("activecampaign", "create", set=facts)

    async def lines(self, path: str) -> list[dict[str, Any]]:
        answer = await self.control.get(path)
        return [json.loads(line) for line in answer.text.splitlines()]

    async def contacts(self) -> dict[str, dict[str, Any]]:
        """All contacts by lower-case address."""
        return {row["email"].lower(): row for row in await self.lines("/contacts")}

    async def status(self, email: str, list_id: str = NEWSLETTER) -> int | None:
        found: int | None = (await self.contacts())[email]["lists"].get(list_id)
        return found

    async def requests(self, method: str, path: str) -> int:
        """How many requests of a kind have arrived since `forget`."""
        rows = (await self.control.get("/requests")).json()
        return sum(
            row["method"] == method and row["path"].partition("?")[0].endswith(path) for row in rows
        )

    async def forget(self) -> None:
        await self.control.delete("/requests")

    async def writes(self) -> list[str]:
        """Every write to ActiveCampaign since `forget`."""
        rows = (await self.control.get("/requests")).json()
        return [
            f"{row['method']} {row['path']}"
            for row in rows
            if row["service"] == "activecampaign" and row["method"] != "GET"
        ]

    def rows(self) -> list[dict[str, Any]]:
        """What became of people in the last run."""
        with self.ledger() as ledger:
            rows = list(ledger.outcomes.find())
        return [row for row in rows if row["run"] == rows[-1]["run"]]


@asynccontextmanager
async def open_desk(place: Path, **options: Any) -> AsyncIterator[Desk]:
    """A desk with an empty sandbox, unless `options` ask for people."""
    given = {"contacts": 0, "profiles": 0, "limits": "off", **options}
    async with Sandbox(SandboxOptions(**given)) as sandbox:
        url = sandbox.ready["control"]["url"]
        async with httpx.AsyncClient(base_url=url, verify=False, timeout=20) as control:
            yield Desk(sandbox, place, control)
