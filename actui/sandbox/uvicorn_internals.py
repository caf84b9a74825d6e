"""Every part of uvicorn that is used and not documented for use, named one by one.

An upgrade of uvicorn may change any of them: pyproject.toml bounds it, and
`tests/services/sandbox/test_uvicorn_internals.py` fails by name for the one that changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["H11Protocol"]


class QuietServer(uvicorn.Server):
    """A server that leaves the process's signals alone and ends as soon as `ended` is set.

    It overrides `Server.main_loop`, `Server.shutdown` and `Server.capture_signals`, and uses
    `Server.servers`.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ended = asyncio.Event()

    async def main_loop(self) -> None:
        # uvicorn's own loop dates answers and looks for an end ten times a second; neither is
        # wanted, and a test run starts and ends many sandboxes.
        await self.ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Connections are broken off before this, so there is nobody to wait for.
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
