"""The open connections of a server, so that one can be reset without an answer.

ASGI has no way to break a connection off; the protocol class uvicorn builds per connection
registers its transport here under the client's address, which every request's scope names.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from actui.sandbox.uvicorn_internals import H11Protocol

ABORTIVE_CLOSE = struct.pack("ii", 1, 0)


class OpenConnections:
    """Transports by client address."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}

    def protocol_class(self) -> type[asyncio.Protocol]:
        """The HTTP/1.1 protocol that registers itself here."""
        transports = self._transports

        class RegisteredProtocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                address = transport.get_extra_info("peername")
                self.sandbox_address = (str(address[0]), int(address[1]))
                transports[self.sandbox_address] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.sandbox_address, None)
                super().connection_lost(exc)

        return RegisteredProtocol

    def reset(self, client: Any) -> None:
        """Break one connection off: the client sees a reset, not an orderly end."""
        transport = self._transports.get((str(client[0]), int(client[1])))
        if transport is not None:
            self._abort(transport)

    def reset_all(self) -> None:
        """Break every connection off."""
        for transport in list(self._transports.values()):
            self._abort(transport)

    @staticmethod
    def _abort(transport: asyncio.Transport) -> None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE_CLOSE)
        transport.abort()
