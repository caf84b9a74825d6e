"""Each part of uvicorn that the sandbox uses beyond its public interface is as it was."""

from __future__ import annotations

import asyncio
import inspect
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from actui.sandbox.uvicorn_internals import QuietServer

SANDBOX = Path(__file__).resolve().parents[3] / "actui" / "sandbox"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize("name", ["main_loop", "shutdown", "capture_signals"])
def test_the_server_calls_what_is_overridden(name: str) -> None:
    assert name in vars(uvicorn.Server)
    assert f"self.{name}(" in inspect.getsource(uvicorn.Server)
    overridden = inspect.signature(getattr(QuietServer, name))
    assert [*overridden.parameters] == [
        *inspect.signature(getattr(uvicorn.Server, name)).parameters
    ]


@pytest.mark.parametrize("name", ["connection_made", "connection_lost"])
def test_the_protocol_hears_of_its_connection(name: str) -> None:
    assert name in vars(H11Protocol)


async def test_it_serves_leaves_signals_alone_and_ends_at_once() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config: dict[str, Any] = {"lifespan": "off", "log_level": "critical"}
    server = QuietServer(uvicorn.Config(app, **config))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110  uvicorn tells nobody
        await asyncio.sleep(0)
    assert {number: signal.getsignal(number) for number in before} == before
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 204 No Content\r\n"
    server.ended.set()
    await serving
    writer.close()
    await writer.wait_closed()


def test_nothing_else_of_the_sandbox_touches_them() -> None:
    users = [
        file.name
        for file in SANDBOX.rglob("*.py")
        if "uvicorn.protocols" in (text := file.read_text()) or "uvicorn.Server" in text
    ]
    assert users == ["uvicorn_internals.py"]
