"""The control port: logged requests, stored rows, and controls for faults, changes and time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from actui.sandbox.clock import SandboxClock
from actui.sandbox.faults import KINDS, FaultBook, read_fault
from actui.sandbox.gate import Delays
from actui.sandbox.outside_changes import OutsideChanges
from actui.sandbox.request_log import RequestLog
from actui.sandbox.switches import Switches

LINES_AT_ONCE = 500

Records = Callable[[], Iterable[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """Everything that the control port reads or changes."""

    clock: SandboxClock
    switches: Switches
    log: RequestLog
    faults: FaultBook
    delays: Delays
    changes: OutsideChanges
    contacts: Records
    profiles: Records
    expire_tokens: Callable[[], None]


async def _lines(records: Iterable[dict[str, Any]]) -> AsyncIterator[str]:
    """JSON lines, some hundreds at a time, so that the services go on answering between them."""
    iterator = iter(records)
    while chunk := list(islice(iterator, LINES_AT_ONCE)):
        yield "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in chunk)
        await asyncio.sleep(0)


async def _sent_object(request: Request) -> dict[str, Any]:
    body = json.loads(await request.body())
    if not isinstance(body, dict):
        raise ValueError("The body is not an object.")  # noqa: TRY004 - answered as a 400
    return body


class ControlApp:
    """The control endpoints."""

    def __init__(self, levers: Levers) -> None:
        self._levers = levers

    def build(self) -> Starlette:
        """The application; wrong input is a 400 with one sentence."""
        paths: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/health"): self.health,
            ("GET", "/requests"): self.requests,
            ("DELETE", "/requests"): self.forget_requests,
            ("GET", "/contacts"): self.contacts,
            ("GET", "/profiles"): self.profiles,
            ("GET", "/faults"): self.list_faults,
            ("POST", "/faults"): self.add_fault,
            ("DELETE", "/faults"): self.clear_faults,
            ("POST", "/release"): self.release,
            ("POST", "/mutate"): self.mutate,
            ("GET", "/clock"): self.read_clock,
            ("POST", "/clock"): self.advance,
            ("POST", "/tokens/expire"): self.expire_tokens,
            ("GET", "/switches"): self.list_switches,
            ("POST", "/switches"): self.set_switches,
        }
        routes = [Route(path, call, methods=[method]) for (method, path), call in paths.items()]
        wrong = {ValueError: self._wrong, LookupError: self._wrong, TypeError: self._wrong}
        return Starlette(routes=routes, exception_handlers=wrong)

    @staticmethod
    async def _wrong(_request: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, 400)

    async def health(self, _request: Request) -> Response:
        """That the sandbox runs, its time, and changes that could not be made."""
        failed = self._levers.changes.failed
        return JSONResponse({"ok": True, "time": self._levers.clock.now(), "failed": failed})

    async def requests(self, request: Request) -> Response:
        """Requests in the order of their arrival, or counted with `?summary=1`."""
        if request.query_params.get("summary"):
            return JSONResponse(self._levers.log.summary())
        return JSONResponse(list(self._levers.log.listing()))

    async def forget_requests(self, _request: Request) -> Response:
        """Start the log anew."""
        self._levers.log.clear()
        return JSONResponse({})

    async def contacts(self, _request: Request) -> Response:
        """Every contact, one JSON object a line."""
        return StreamingResponse(_lines(self._levers.contacts()), media_type="application/jsonl")

    async def profiles(self, _request: Request) -> Response:
        """Every profile, one JSON object a line."""
        return StreamingResponse(_lines(self._levers.profiles()), media_type="application/jsonl")

    async def list_faults(self, _request: Request) -> Response:
        """The kinds and the rules in force."""
        return JSONResponse({"kinds": dict(KINDS), "faults": self._levers.faults.listing()})

    async def add_fault(self, request: Request) -> Response:
        """One more rule."""
        self._levers.faults.add(read_fault(await _sent_object(request)))
        return JSONResponse({"faults": self._levers.faults.listing()})

    async def clear_faults(self, _request: Request) -> Response:
        """No more faults; whoever is held goes on."""
        self._levers.faults.clear()
        self._levers.delays.release()
        return JSONResponse({})

    async def release(self, _request: Request) -> Response:
        """Let held requests go on."""
        self._levers.delays.release()
        return JSONResponse({})

    async def mutate(self, request: Request) -> Response:
        """A change from outside."""
        self._levers.log.note_control()
        return JSONResponse(self._levers.changes.submit(await _sent_object(request)))

    async def read_clock(self, _request: Request) -> Response:
        """The sandbox's time."""
        return JSONResponse({"time": self._levers.clock.now()})

    async def advance(self, request: Request) -> Response:
        """Move the time forward."""
        self._levers.log.note_control()
        self._levers.clock.advance(float((await _sent_object(request))["advance"]))
        return JSONResponse({"time": self._levers.clock.now()})

    async def expire_tokens(self, _request: Request) -> Response:
        """Every BlueConic token given out so far stops working."""
        self._levers.expire_tokens()
        return JSONResponse({})

    async def list_switches(self, _request: Request) -> Response:
        """Every switch with its readings and the one in force."""
        return JSONResponse(self._levers.switches.listing())

    async def set_switches(self, request: Request) -> Response:
        """Put readings in force, all or none."""
        self._levers.log.note_control()
        sent = await _sent_object(request)
        self._levers.switches.set({name: str(reading) for name, reading in sent.items()})
        return JSONResponse(self._levers.switches.listing())
