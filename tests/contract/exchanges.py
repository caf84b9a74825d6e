"""Keeps what actui's clients say to a sandbox and what it answers, while tests run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx

from actui.api import http as transport
from tests.contract.contract import Exchange

ENOUGH = 20
"""Bodies kept of each kind of exchange; all of them are counted."""


class Exchanges:
    """Every kind of exchange with its number, and the first bodies of each."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.kept: list[Exchange] = []
        self.is_paused = False

    def note(self, response: httpx.Response) -> None:
        """Remember an answered request to this machine."""
        request = response.request
        if self.is_paused or request.url.host != "127.0.0.1":
            return
        query = tuple(request.url.params.multi_items())
        shape = "/".join(
            "*" if any(c.isdigit() for c in part) else part
            for part in request.url.path.split("/")[3:]
        )
        kind = (request.method, shape, str(response.status_code), *sorted({k for k, _ in query}))
        self.counts[kind] += 1
        if self.counts[kind] <= ENOUGH:
            self.kept.append(
                Exchange(
                    request.method,
                    request.url.path,
                    query,
                    request.content,
                    response.status_code,
                    response.content,
                )
            )


class Listening:
    """An HTTP client that lets every answer be noted."""

    def __init__(self, http: httpx.AsyncClient, exchanges: Exchanges) -> None:
        self._http = http
        self._exchanges = exchanges

    async def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        response = await self._http.request(method, url, **more)
        self._exchanges.note(response)
        return response


def listen(exchanges: Exchanges) -> None:
    """From now on every exchange of a client imported later is noted."""
    original = transport.exchange

    async def noted(http: httpx.AsyncClient, call: transport.Call) -> transport.Answer:
        return await original(Listening(http, exchanges), call)  # type: ignore[arg-type]

    transport.exchange = noted
