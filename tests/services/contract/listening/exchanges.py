"""Writes down what actui's clients say and what they are answered, in every process of a test run.

Loaded by `sitecustomize` into the processes that tests start, where no package of the tests can
be imported: it stands alone and needs nothing but the standard library.
"""

from __future__ import annotations

import marshal
import os
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

PLACE = "ACTUI_TEST_EXCHANGES"
"""The variable that names the folder where processes write what they exchange."""
LOOPBACK = "127.0.0.1"
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer; bodies as they went over the wire.

    `status` is 0 where no sandbox answered: then there is only the request to look at.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    sent: bytes
    status: int = 0
    answer: bytes = b""


class Notebook:
    """Exchanges appended to one file a process, each flushed, so that a killed one left its own."""

    def __init__(self) -> None:
        self._files: dict[str, BinaryIO] = {}

    def note(self, exchange: Exchange) -> None:
        """Keep an exchange with one of the two services; others are none of ours."""
        place = os.environ.get(PLACE)
        if place is None or not exchange.path.startswith(("/api/3/", "/rest/v2/")):
            return
        name = f"{place}/{os.getpid()}"
        if name not in self._files:
            # open for as long as the process lives
            self._files[name] = Path(name).open("ab")  # noqa: SIM115
        told = zlib.compress(marshal.dumps(astuple(exchange)), 1)
        file = self._files[name]
        file.write(len(told).to_bytes(_LENGTH, "big") + told)
        file.flush()


def noted_in(place: Path) -> Iterator[Exchange]:
    """Every exchange that any process wrote there; what a kill cut off is left out."""
    for file in sorted(one for one in place.rglob("*") if one.is_file()):
        held = memoryview(file.read_bytes())
        while len(held) > _LENGTH:
            end = _LENGTH + int.from_bytes(held[:_LENGTH], "big")
            if len(held) < end:
                break
            # written by a process of this test run
            yield Exchange(*marshal.loads(zlib.decompress(held[_LENGTH:end])))  # noqa: S302
            held = held[end:]


class _NotedStream:
    """A body on its way to actui, remembered as it passes; `whole` once it came to its end."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.taken = b""
        self.whole = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self.taken += piece
            yield piece
        self.whole = True


class _Listening:
    """An HTTP client whose requests and answers are noted."""

    def __init__(self, http: Any, notebook: Notebook) -> None:
        self._http = http
        self._notebook = notebook
        self.timeout = http.timeout
        self.build_request = http.build_request

    async def send(self, request: Any, **more: Any) -> Any:
        query = tuple(request.url.params.multi_items())
        # as it went over the wire: an id may hold a slash
        path = request.url.raw_path.decode().partition("?")[0]
        asked = Exchange(request.method, path, query, request.content)
        try:
            response = await self._http.send(request, **more)
        except BaseException:
            self._notebook.note(asked)
            raise
        passing, close = _NotedStream(response.stream), response.aclose
        stream, response.stream = response.stream, passing
        # a sandbox does not name its server as replays do; what single tests answer is not its word
        is_ours = request.url.host == LOOPBACK and "Server" not in response.headers

        async def closed() -> None:
            response.stream = stream
            try:
                await close()
            finally:
                answered = replace(asked, status=response.status_code, answer=passing.taken)
                self._notebook.note(answered if is_ours and passing.whole else asked)

        response.aclose = closed
        return response


def listen(transport: ModuleType) -> None:
    """From now on every exchange is noted of clients imported later than this is called."""
    notebook = Notebook()
    original = transport.exchange

    async def noted(http: Any, call: Any) -> Any:
        return await original(_Listening(http, notebook), call)

    vars(transport)["exchange"] = noted
