"""The waits of a run's clients, which end when the run is asked to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TypeVar

from actui.model.errors import StoppedError

T = TypeVar("T")

SHORT = 1.0
"""Seconds that a run which is asked to stop may still wait between requests."""


GRACE = 5.0
"""Seconds that such a run still gives a service to answer a read."""


class Waits:
    """All waits of one run's clients: between requests, and for answers to reads.

    The answer to a write is always waited for in full, since its outcome must be known.
    """

    def __init__(self) -> None:
        self._ended = asyncio.Event()
        self._reads: set[asyncio.Timeout] = set()

    def end(self) -> None:
        """End the waits because the run is to stop: none beyond SHORT, no read beyond GRACE."""
        if self._ended.is_set():
            return
        self._ended.set()
        for read in self._reads:
            read.reschedule(asyncio.get_running_loop().time() + GRACE)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Around one read. Raises StoppedError if it outlasts GRACE after a stop."""
        read = asyncio.timeout(GRACE if self._ended.is_set() else None)
        try:
            async with read:
                self._reads.add(read)
                try:
                    yield
                finally:
                    self._reads.discard(read)
        except TimeoutError:
            if read.expired():
                raise _stopped() from None
            raise

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`. If more than SHORT, raises StoppedError once the run is to stop."""
        if seconds <= SHORT:
            await asyncio.sleep(seconds)
            return
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return
        raise _stopped()

    async def following(self, attempts: AsyncIterator[T]) -> T:
        """The next of `attempts`, which waits before it comes. Raises what `sleep` raises."""
        coming = asyncio.ensure_future(anext(attempts))
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                raise _stopped()
            return coming.result()
        finally:
            coming.cancel()
            ended.cancel()


def reading(waits: Waits | None, method: str) -> AbstractAsyncContextManager[None]:
    """`Waits.reading` around a request that only reads; nothing around any other."""
    return nullcontext() if waits is None or method != "GET" else waits.reading()


def _stopped() -> StoppedError:
    return StoppedError("The run was stopped while it waited for a service; run it again.")
