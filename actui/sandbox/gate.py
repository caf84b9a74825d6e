"""What every request of a service passes first: the log, outside changes, delays and faults."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actui.sandbox.clock import SandboxClock
from actui.sandbox.faults import Fault, FaultBook
from actui.sandbox.open_connections import OpenConnections
from actui.sandbox.request_bodies import first_half, read_body, replay
from actui.sandbox.request_log import LoggedRequest, RequestLog
from actui.sandbox.switches import Switches

PAGE = "<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"

LONGEST_URL = 8_190

CANNED: dict[str, Callable[[], Response]] = {
    "429": lambda: Response(
        status_code=429,
        headers={"Retry-After": "1", "RateLimit-Limit": "5", "RateLimit-Remaining": "0"},
    ),
    "429-no-header": lambda: Response(status_code=429),
    "401": lambda: Response(status_code=401),
    "408": lambda: Response(status_code=408),
    "503": lambda: Response(status_code=503),
    "500-html": lambda: Response(PAGE, 500, media_type="text/html"),
    "200-html": lambda: Response(PAGE, 200, media_type="text/html"),
    "redirect": lambda: Response(status_code=302, headers={"Location": "/login"}),
    "403-bare": lambda: Response(status_code=403),
    "empty": lambda: Response(b"", 200, media_type="application/json"),
}
"""Faults that answer at once and apply nothing."""


def _after_commit(status: int, body: str) -> Response:
    """The answer of a proxy in the service's place; `body` is JSON where it begins like it."""
    kind = "application/json" if body.lstrip()[:1] in ("[", "{") else "text/html"
    return Response(body, status, {"Server": "proxy"}, kind if body else None)


Arrived = Callable[[str, str, str], None]


class Delays:
    """How long answers take, and which requests are held."""

    def __init__(self, latency_ms: float, jitter_ms: float, seed: int) -> None:
        self._latency = latency_ms / 1000
        self._jitter = jitter_ms / 1000
        self._draw = random.Random(seed)  # noqa: S311 - a network's whims, no secret
        self._released = asyncio.Event()

    async def wait(self) -> None:
        """The ordinary delay of a network and a busy server."""
        seconds = self._latency + self._draw.uniform(-self._jitter, self._jitter)
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def hold(self) -> None:
        """Wait for the next release."""
        await self._released.wait()

    def release(self) -> None:
        """Let all held requests continue."""
        released, self._released = self._released, asyncio.Event()
        released.set()


class Gate:
    """Stands before a service's application and handles each request first."""

    def __init__(
        self,
        service: str,
        app: ASGIApp,
        *,
        clock: SandboxClock,
        log: RequestLog,
        faults: FaultBook,
        delays: Delays,
        connections: OpenConnections,
        arrived: Arrived,
        switches: Switches,
    ) -> None:
        self._service = service
        self._app = app
        self._clock = clock
        self._log = log
        self._faults = faults
        self._delays = delays
        self._connections = connections
        self._arrived = arrived
        self._switches = switches
        self._running: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        entry = self._log.add(
            self._service,
            scope["method"],
            f"{path}?{query}" if query else path,
            self._clock.now(),
        )
        fault = self._faults.strike(self._service, scope["method"], path, query)
        self._arrived(self._service, scope["method"], path)
        await self._delays.wait()
        stamped = self._stamped(send, entry)
        if fault is None and self._is_too_long(scope):
            await Response(PAGE, 414, media_type="text/html")(scope, receive, stamped)
        elif fault is None:
            await self._app(scope, receive, stamped)
        elif fault.kind in CANNED:
            # The body is read first, so that the connection can be used again.
            await read_body(receive)
            await CANNED[fault.kind]()(scope, receive, stamped)
        else:
            await self._spoil(fault, scope, receive, stamped)

    def _is_too_long(self, scope: Scope) -> bool:
        length = len(scope["raw_path"]) + 1 + len(scope["query_string"])
        return length > LONGEST_URL and self._switches["long-url"] == "refused"

    def _stamped(self, send: Send, entry: LoggedRequest) -> Send:
        """Log the status and date the answer by the sandbox's clock."""

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                date = (b"date", self._clock.http_date().encode())
                message = {**message, "headers": [*message.get("headers", []), date]}
            await send(message)

        return stamped

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            return
        status = fault.status_after_commit
        if status is not None:
            answer = _after_commit(status, fault.body)
            await self._apply_then(scope, body, answer(scope, receive, send))
            return
        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "slow": lambda: self._later(self._clock.sleep(fault.seconds), scope, body, send),
            "hold": lambda: self._later(self._delays.hold(), scope, body, send),
            "truncated": lambda: self._truncate(scope, body, send),
            "reset": lambda: self._reset(scope),
            "timeout": lambda: self._never(receive),
            "reset-after-commit": lambda: self._apply_then(scope, body, self._reset(scope)),
            "timeout-after-commit": lambda: self._apply_then(scope, body, self._never(receive)),
            "partial-then-reset": lambda: self._apply_then(
                scope, first_half(body), self._reset(scope)
            ),
            "commit-late": lambda: self._commit_late(fault.seconds, scope, body),
        }
        await ways[fault.kind]()

    async def _later(self, wait: Awaitable[None], scope: Scope, body: bytes, send: Send) -> None:
        await wait
        await self._app(scope, replay(body), send)

    async def _apply(self, scope: Scope, body: bytes) -> tuple[Message, bytes]:
        """Let the service do its work and keep the answer."""
        sent: list[Message] = []

        async def collect(message: Message) -> None:
            sent.append(message)

        headers = [
            (name, str(len(body)).encode() if name == b"content-length" else value)
            for name, value in scope["headers"]
        ]
        await self._app({**scope, "headers": headers}, replay(body), collect)
        return sent[0], b"".join(message.get("body", b"") for message in sent[1:])

    async def _apply_then(self, scope: Scope, body: bytes, ending: Awaitable[None]) -> None:
        await self._apply(scope, body)
        await ending

    async def _truncate(self, scope: Scope, body: bytes, send: Send) -> None:
        start, answer = await self._apply(scope, body)
        half = answer[: len(answer) // 2]
        headers = [
            (name, str(len(half)).encode() if name == b"content-length" else value)
            for name, value in start.get("headers", [])
        ]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": half})

    async def _reset(self, scope: Scope) -> None:
        self._connections.reset(scope["client"])

    @staticmethod
    async def _never(receive: Receive) -> None:
        """Send no answer; returns when the client gives up."""
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _commit_late(self, seconds: float, scope: Scope, body: bytes) -> None:
        async def late() -> None:
            await self._clock.sleep(seconds)
            await self._apply(scope, body)

        task = asyncio.create_task(late())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await self._reset(scope)

    async def stop(self) -> None:
        """End every request that is still under way."""
        tasks = [task for task in self._running if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
