"""A running sandbox with clients for its three ports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import httpx
import pytest

from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from tests.services.contract.contract import IS_HERE, Contract, Exchange
from tests.services.contract.known import departure

ENOUGH, LARGEST = 2, 100_000
"""How many answers of an operation and status one test holds to the contract, and up to what size:
a page of a thousand profiles says what one of sixty says."""


@cache
def contract() -> Contract:
    """Read once in each process."""
    return Contract()


class Ports:
    """Authorised clients of one sandbox; without certificates, which take long to load."""

    def __init__(self, ready: dict[str, dict[str, str]]) -> None:
        self.ready = ready
        mine = ready["activecampaign"]
        self.ac = httpx.AsyncClient(
            base_url=mine["url"] + "/api/3",
            headers={"Api-Token": mine["api_key"]},
            timeout=5,
            verify=False,
        )
        self.bc = httpx.AsyncClient(
            base_url=ready["blueconic"]["url"] + "/rest/v2",
            timeout=5,
            verify=False,
            event_hooks={"response": [self._note]},
        )
        self._exchanges: list[Exchange] = []
        self._noted: Counter[tuple[str, int]] = Counter()
        self._is_disturbed = False
        self.control = httpx.AsyncClient(base_url=ready["control"]["url"], timeout=5, verify=False)

    async def _note(self, response: httpx.Response) -> None:
        """Remember an answer of BlueConic's that no fault has spoilt."""
        if not IS_HERE or self._is_disturbed:
            return
        request = response.request
        if len(await response.aread()) > LARGEST:
            return
        exchange = Exchange(
            request.method,
            request.url.path,
            (),
            b"",
            response.status_code,
            response.content,
        )
        kind = contract().name(exchange), response.status_code
        self._noted[kind] += 1
        if self._noted[kind] <= ENOUGH:
            self._exchanges.append(exchange)

    def complaints(self, *, with_known: bool = False) -> list[str]:
        """What the contract has against BlueConic's answers so far; requests may well be wrong."""
        return [
            f"{name}: {complaint}"
            for exchange in self._exchanges
            for name in [contract().name(exchange)]
            for complaint in contract().complaints(exchange)
            if complaint.startswith("answer") and (with_known or departure(name, complaint) is None)
        ]

    async def close(self) -> None:
        for client in (self.ac, self.bc, self.control):
            await client.aclose()
        assert not self.complaints()

    async def token(self) -> httpx.Response:
        mine = self.ready["blueconic"]
        form = {
            "grant_type": "client_credentials",
            "client_id": mine["client_id"],
            "client_secret": mine["client_secret"],
        }
        return await self.bc.post("/oauth/token", data=form)

    async def authorise(self) -> None:
        token = (await self.token()).json()["access_token"]
        self.bc.headers["Authorization"] = f"Bearer {token}"

    async def advance(self, seconds: float) -> None:
        (await self.control.post("/clock", json={"advance": seconds})).raise_for_status()

    async def switch(self, **readings: str) -> None:
        chosen = {name.replace("_", "-"): reading for name, reading in readings.items()}
        (await self.control.post("/switches", json=chosen)).raise_for_status()

    async def fault(self, kind: str, **more: Any) -> None:
        self._is_disturbed = True
        (await self.control.post("/faults", json={"kind": kind, **more})).raise_for_status()

    async def mutate(self, service: str, op: str, **more: Any) -> dict[str, Any]:
        change = {"service": service, "op": op, **more}
        answer = await self.control.post("/mutate", json=change)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def lines(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (await self.control.get(path)).text.splitlines()]

    async def contact(self, email: str) -> dict[str, Any]:
        return next(
            one for one in await self.lines("/contacts") if one["email"].lower() == email.lower()
        )

    async def on_list(self, list_id: int, status: int) -> dict[str, Any]:
        """Some contact with this status on the list."""
        return next(
            one
            for one in await self.lines("/contacts")
            if one["lists"].get(str(list_id)) == status and one["email"]
        )

    async def imported(self, *contacts: dict[str, Any]) -> dict[str, Any]:
        """A bulk import up to its end."""
        answer = await self.ac.post("/import/bulk_import", json={"contacts": list(contacts)})
        assert answer.status_code == 200, answer.text
        await self.advance(5)
        info = await self.ac.get("/import/info", params={"batchId": answer.json()["batchId"]})
        found: dict[str, Any] = info.json()
        return found

    async def put(self, *entries: dict[str, Any], **params: str) -> list[dict[str, Any]]:
        answer = await self.bc.put("/profiles", json=list(entries), params=params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


async def opened(options: SandboxOptions) -> AsyncIterator[Ports]:
    """A running sandbox, once."""
    async with Sandbox(options) as sandbox:
        ports = Ports(sandbox.ready)
        await ports.authorise()
        try:
            yield ports
        finally:
            await ports.close()


@pytest.fixture
async def ports() -> AsyncIterator[Ports]:
    """Without rate limits."""
    async for ports in opened(SandboxOptions(limits="off")):
        yield ports


@pytest.fixture
async def limited() -> AsyncIterator[Ports]:
    """With rate limits."""
    async for ports in opened(SandboxOptions(contacts=20, profiles=20)):
        yield ports
